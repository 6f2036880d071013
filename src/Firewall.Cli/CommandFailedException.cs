namespace Firewall.Cli;

/// <summary>The command cannot go on, for a reason the user can do something about. Anything else that is thrown is a bug.</summary>
/// <param name="code">How the process ends.</param>
/// <param name="message">One sentence without a full stop; empty when everything has been said already.</param>
/// <param name="help">What to do about it.</param>
public sealed class CommandFailedException(ExitCode code, string message, string? help = null, Exception? cause = null) : Exception(message, cause)
{
    public ExitCode Code => code;

    public string? Help => help;

    /// <summary>The input cannot be used.</summary>
    public static CommandFailedException BadInput(string message, string? help = null, Exception? cause = null) => new(ExitCode.BadInput, message, help, cause);

    /// <summary>Diagnostics have been printed; nothing is left to say.</summary>
    public static CommandFailedException AlreadySaid(ExitCode code) => new(code, "");
}
