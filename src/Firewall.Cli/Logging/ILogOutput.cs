namespace Firewall.Cli.Logging;

/// <summary>Where log lines go.</summary>
internal interface ILogOutput : IDisposable
{
    /// <summary>Writes one line; returns when it is on its way.</summary>
    /// <exception cref="CommandFailedException">Whoever takes them is not there (any more).</exception>
    void Write(LogEntry entry);
}
