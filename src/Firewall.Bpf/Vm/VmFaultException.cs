namespace Firewall.Bpf.Vm;

/// <summary>A program did what the kernel's verifier exists to prevent.</summary>
public sealed class VmFaultException : Exception
{
    /// <summary>A fault at a known place.</summary>
    /// <param name="function">The function that was running.</param>
    /// <param name="index">The slot in that function.</param>
    /// <param name="address">The address it touched, 0 when the fault is of another sort.</param>
    public VmFaultException(string function, int index, ulong address, string reason)
        : base($"{function}+{index}: {reason}")
    {
        Function = function;
        Index = index;
        Address = address;
    }

    public VmFaultException(string message)
        : base(message)
    {
    }

    public VmFaultException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public VmFaultException()
    {
    }

    public string Function { get; } = "";

    public int Index { get; }

    public ulong Address { get; }
}
