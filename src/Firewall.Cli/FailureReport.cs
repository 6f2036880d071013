using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Compiler.Placement;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Loading;

namespace Firewall.Cli;

/// <summary>Turns whatever ended a command early into one message and an exit code.</summary>
internal sealed class FailureReport(Surroundings surroundings)
{
    /// <summary>EPIPE, as .NET reports it.</summary>
    private const int BrokenPipe = 32;

    public ExitCode Explain(Exception failure)
    {
        switch (failure)
        {
            case CommandFailedException { Message: "", Code: var code }:
                return FlushThen(code);
            case CommandFailedException { Code: var code, Help: var help }:
                return Say(code, failure.Message, help);
            case BudgetExceededException:
                return Say(ExitCode.OverBudget, failure.Message, code: CompilerCodes.OverBudget.Code);
            case VerifierException:
                return Say(ExitCode.VerifierRefused, failure.Message);
            case KernelException:
                return Say(ExitCode.KernelRefused, failure.Message);
            case OperationCanceledException:
                return Say(ExitCode.Interrupted, "interrupted");
            case IOException { HResult: BrokenPipe }:
                return ExitCode.ReaderGone;
            case IOException or UnauthorizedAccessException:
                // Files that are read or written by name have been explained where that happens.
                return Say(ExitCode.BadInput, $"cannot write to standard output: {InputFile.Why(failure)}");
            case OutOfMemoryException:
                return Say(ExitCode.BadInput, "the input needs more memory than there is");
            default:
                return Bug(failure);
        }
    }

    private ExitCode Bug(Exception failure)
    {
        var message = failure.Message.ReplaceLineEndings(" ");
        Say(ExitCode.InternalError, $"internal error: {message} ({failure.GetType().Name})", "please report it with the rule file; FWC_DEBUG=1 shows where it happened");
        if (surroundings.Variable("FWC_DEBUG") == "1") { WriteError(failure.ToString()); }
        return ExitCode.InternalError;
    }

    private ExitCode Say(ExitCode exit, string message, string? help = null, string? code = null)
    {
        FlushThen(exit);
        WriteError(code is null ? $"error: {message}" : $"error[{code}]: {message}");
        if (help is not null) { WriteError($"  = help: {help}"); }
        return exit;
    }

    /// <summary>Where even that cannot be written, the exit code is all that is left.</summary>
    private void WriteError(string line)
    {
        try { surroundings.Error.WriteLine(line); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return; }
    }

    /// <summary>What has been answered so far is still an answer; a reader that has gone does not want it.</summary>
    private ExitCode FlushThen(ExitCode code)
    {
        try { surroundings.Text.Flush(); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return code; }
        return code;
    }
}
