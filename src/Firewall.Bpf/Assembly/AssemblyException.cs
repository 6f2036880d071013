namespace Firewall.Bpf.Assembly;

/// <summary>The code asked of an assembler cannot be built: a mistake of the code generator, never of the user.</summary>
public sealed class AssemblyException : Exception
{
    public AssemblyException(string message)
        : base(message)
    {
    }

    public AssemblyException()
    {
    }

    public AssemblyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
