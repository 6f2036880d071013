using System.Collections.Immutable;

namespace Firewall.Cli;

/// <summary>How a command ended. One table for every command; <c>fwc help exit</c> prints it.</summary>
public enum ExitCode
{
    Done = 0,
    BadInput = 1,

    /// <summary>As diff(1).</summary>
    Differences = 2,
    Approximate = 3,
    NotSupported = 4,
    OverBudget = 5,
    VerifierRefused = 6,
    KernelRefused = 7,
    InternalError = 70,

    /// <summary>128 + SIGINT, as shells count.</summary>
    Interrupted = 130,

    /// <summary>128 + SIGPIPE: whoever read our output has gone.</summary>
    ReaderGone = 141,
}

/// <summary>What the codes mean.</summary>
public static class ExitCodes
{
    public static readonly ImmutableArray<(ExitCode Code, string Meaning)> Table =
    [
        (ExitCode.Done, "done, exactly; warnings may have been printed"),
        (ExitCode.BadInput, "usage error, unreadable input, or errors in a rule file"),
        (ExitCode.Differences, "differences were found"),
        (ExitCode.Approximate, "done, but some rules are left to iptables (--profile offload), or an approximation was asked for"),
        (ExitCode.NotSupported, "a rule that decides packets cannot be compiled exactly (FWC04xx)"),
        (ExitCode.OverBudget, "more rules than the kernel's limits allow (FWC05xx)"),
        (ExitCode.VerifierRefused, "the kernel's verifier refused the program"),
        (ExitCode.KernelRefused, "the kernel, a privilege or an interface stands in the way"),
        (ExitCode.InternalError, "internal error: a bug in fwc"),
        (ExitCode.Interrupted, "interrupted (128 + the signal's number)"),
        (ExitCode.ReaderGone, "the reader of standard output went away"),
    ];

    public static void Write(TextWriter writer)
    {
        foreach (var (code, meaning) in Table) { writer.WriteLine($"  {(int)code,3}  {meaning}"); }
    }
}
