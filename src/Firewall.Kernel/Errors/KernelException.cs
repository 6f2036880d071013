namespace Firewall.Kernel.Errors;

/// <summary>Linux refused something: what was asked, the error number, and what can be done about it.</summary>
public class KernelException : Exception
{
    public KernelException(string operation, Errno error, string? advice = null, Exception? cause = null)
        : base(Describe(operation, error, advice), cause)
    {
        Operation = operation;
        Error = error;
        Advice = advice;
    }

    /// <summary>For exceptions that word their message themselves.</summary>
    protected KernelException(string message, string operation, Errno error)
        : base(message)
    {
        Operation = operation;
        Error = error;
    }

    /// <summary>What was asked of the kernel, as a phrase that follows "cannot": "create map hits".</summary>
    public string Operation { get; }

    public Errno Error { get; }

    /// <summary>What the reader can do about it, when we know.</summary>
    public string? Advice { get; }

    private static string Describe(string operation, Errno error, string? advice)
    {
        var refusal = error == Errno.None ? $"cannot {operation}" : $"cannot {operation}: {error.Explain()}";
        return advice is null ? refusal : $"{refusal} - {advice}";
    }
}

/// <summary>The caller lacks a privilege.</summary>
public sealed class PrivilegeException(string operation, Errno error, string advice) : KernelException(operation, error, advice);

/// <summary>This kernel, driver or file system does not know what was asked; usually it is too old.</summary>
public sealed class UnsupportedException(string operation, Errno error, string advice) : KernelException(operation, error, advice);

/// <summary>What was named (an interface, a pin, a map) does not exist.</summary>
public sealed class MissingException(string operation, Errno error, string advice) : KernelException(operation, error, advice);
