using System.Text;

namespace Firewall.Cli.Logging;

/// <summary>Standard output, in the form of dmesg(1); the bytes are those that the kernel would print.</summary>
internal sealed class TerminalLog(Stream output) : ILogOutput
{
    public void Write(LogEntry entry)
    {
        output.Write(Encoding.Latin1.GetBytes(entry.Stamped + "\n"));
        output.Flush();
    }

    public void Dispose()
    {
        // Standard output is not ours to close.
    }
}
