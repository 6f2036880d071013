using System.Globalization;
using System.Text;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>
/// The kernel's own log (/dev/kmsg, Documentation/ABI/testing/dev-kmsg), and the switch that lets LOG rules of private network namespaces write there
/// (net.netfilter.nf_log_all_netns), which is put back at the end; one test at a time has it. A line is there as soon as the packet is through.
/// </summary>
public sealed unsafe class KernelLog : IDisposable
{
    private const string Device = "/dev/kmsg";
    private const string Switch = "/proc/sys/net/netfilter/nf_log_all_netns";
    private const int LongestRecord = 8192;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    private readonly FileStream _turn;
    private readonly string _switchedBefore;
    private readonly FileDescriptor _records;

    private KernelLog(FileDescriptor records)
    {
        _records = records;
        _turn = AwaitTurn();
        _switchedBefore = File.ReadAllText(Switch);
        File.WriteAllText(Switch, "1");
        Read();
    }

    /// <summary>What the lines that <see cref="Read"/> returns begin with; a rule's prefix goes on from here.</summary>
    public string Token { get; } = Guid.NewGuid().ToString("N")[..6];

    /// <summary>Opens the log, or skips the test where this machine does not let it be read.</summary>
    public static KernelLog Open()
    {
        Skip.IfNot(File.Exists(Switch), "needs net.netfilter.nf_log_all_netns");
        var number = LibC.Open(Device, NonBlocking | CloseOnExec);
        Skip.If(number < 0, $"cannot read {Device}");
        return new KernelLog(new FileDescriptor(number));
    }

    /// <summary>The lines with our token since the last call, each with its level; one char per byte.</summary>
    public List<(int Level, string Text)> Read()
    {
        var lines = new List<(int, string)>();
        var record = new byte[LongestRecord];
        using var loan = _records.Lend();
        while (true)
        {
            int length;
            fixed (byte* bytes = record) { length = (int)LibC.Read(loan.Number, bytes, record.Length); }

            // EPIPE: records before the next were overwritten, because others log a lot.
            if (length < 0 && LibC.LastError == (Errno)32) { continue; }
            if (length < 0) { return lines; }
            var text = Encoding.Latin1.GetString(record, 0, length);
            var body = text[(text.IndexOf(';', StringComparison.Ordinal) + 1)..text.IndexOf('\n', StringComparison.Ordinal)];
            if (!body.StartsWith(Token, StringComparison.Ordinal)) { continue; }
            lines.Add((int.Parse(text.AsSpan(0, text.IndexOf(',', StringComparison.Ordinal)), NumberStyles.None, CultureInfo.InvariantCulture) & 7, Plain(body)));
        }
    }

    public void Dispose()
    {
        _records.Dispose();
        File.WriteAllText(Switch, _switchedBefore);
        _turn.Dispose();
    }

    /// <summary>The switch is the machine's: a test that puts it back must not do so to another, of this process or of one beside it.</summary>
    private static FileStream AwaitTurn()
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Path.GetTempPath(), "fwc-kernel-log.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(50);
            }
        }
    }

    /// <summary>Without the escapes of bytes that do not print, <c>\xNN</c>.</summary>
    private static string Plain(string body)
    {
        var text = new StringBuilder(body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                text.Append(body[i]);
                continue;
            }

            text.Append((char)byte.Parse(body.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            i += 3;
        }

        return text.ToString();
    }
}
