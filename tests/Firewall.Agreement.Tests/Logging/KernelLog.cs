using System.Globalization;
using System.Text;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>
/// The kernel's own log (/dev/kmsg, Documentation/ABI/testing/dev-kmsg), and the switch that lets LOG rules of private network namespaces write there
/// (net.netfilter.nf_log_all_netns), which is put back at the end.
/// </summary>
internal sealed class KernelLog : IDisposable
{
    private const string Device = "/dev/kmsg";
    private const string Switch = "/proc/sys/net/netfilter/nf_log_all_netns";
    private const int LongestRecord = 8192;

    private readonly string _switchedBefore;
    private readonly FileStream _records;
    private readonly string _token = Guid.NewGuid().ToString("N")[..6];
    private int _marks;

    /// <summary>Whether this machine lets its log be read.</summary>
    public static bool IsAvailable => Environment.IsPrivilegedProcess && File.Exists(Device) && File.Exists(Switch);

    public KernelLog()
    {
        _switchedBefore = File.ReadAllText(Switch);
        File.WriteAllText(Switch, "1");
        _records = new FileStream(Device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        Read("\0");
    }

    /// <summary>What lines of <see cref="Read()"/> begin with; a prefix of a rule may go on from here.</summary>
    public string Token => _token;

    /// <summary>The lines with our token since the last call, each with its level; one char per byte.</summary>
    public List<(int Level, string Text)> Read() => Read(_token);

    public void Dispose()
    {
        _records.Dispose();
        File.WriteAllText(Switch, _switchedBefore);
    }

    /// <summary>Reads up to a mark that we write ourselves; each writer may write only a few before they are dropped.</summary>
    private List<(int Level, string Text)> Read(string token)
    {
        var mark = string.Create(CultureInfo.InvariantCulture, $"mark {_token} {_marks++};");
        using (var writer = new FileStream(Device, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            writer.Write(Encoding.ASCII.GetBytes(mark));
        }

        var lines = new List<(int, string)>();
        var record = new byte[LongestRecord];
        while (true)
        {
            var text = Encoding.Latin1.GetString(record, 0, _records.Read(record));
            var body = text[(text.IndexOf(';', StringComparison.Ordinal) + 1)..text.IndexOf('\n', StringComparison.Ordinal)];
            if (body == mark) { return lines; }
            if (body.StartsWith(token, StringComparison.Ordinal)) { lines.Add((int.Parse(text[..text.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture) & 7, Plain(body))); }
        }
    }

    /// <summary>Without the escapes of bytes that do not print, <c>\xNN</c>.</summary>
    private static string Plain(string body)
    {
        var text = new StringBuilder(body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\') { text.Append(body[i]); }
            else
            {
                text.Append((char)byte.Parse(body.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 3;
            }
        }

        return text.ToString();
    }
}
