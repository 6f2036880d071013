using System.Globalization;
using System.Text;

namespace Firewall.Cli.Logging;

/// <summary>
/// The local syslog daemon (RFC 3164, as syslog(3) writes it), as if the kernel's own log came in: facility 0 and the name "kernel", so that filters made for
/// the LOG target go on working.
/// </summary>
internal sealed class SyslogLog(string path = SyslogLog.Device) : ILogOutput
{
    private const string Device = "/dev/log";

    private readonly DatagramSocket _daemon = new(path);

    public void Write(LogEntry entry)
    {
        var time = entry.Time.ToLocalTime();
        _daemon.Send(Encoding.Latin1.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"<{entry.Rule.Options.Level}>{time:MMM} {time.Day,2} {time:HH:mm:ss} kernel: {entry.Stamped}")));
    }

    public void Dispose() => _daemon.Dispose();
}
