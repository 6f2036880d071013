using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Loading;

/// <summary>The kernel's verifier refused a program.</summary>
public sealed class VerifierException : KernelException
{
    public VerifierException(string program, Errno error, VerifierLog finding, SourceLine? origin, string log)
        : base(Describe(program, finding, origin), $"load program {program}", error)
    {
        Program = program;
        Instruction = finding.Instruction;
        Reason = finding.Reason;
        Origin = origin;
        Log = log;
    }

    public string Program { get; }

    /// <summary>Index of the instruction refused, in the linked program; null when the log does not say.</summary>
    public int? Instruction { get; }

    /// <summary>The verifier's last words.</summary>
    public string Reason { get; }

    /// <summary>The line of the user's file that the instruction was made for.</summary>
    public SourceLine? Origin { get; }

    /// <summary>All that the verifier wrote, or the end of it when it wrote very much.</summary>
    public string Log { get; }

    private static string Describe(string program, VerifierLog finding, SourceLine? origin)
    {
        var place = finding.Instruction is { } index ? $" at instruction {index}" : "";
        var line = origin is null ? "" : $" (for {origin.File}:{origin.Line}: {origin.Text})";
        return $"the kernel's verifier refuses program {program}{place}{line}: {finding.Reason}";
    }
}
