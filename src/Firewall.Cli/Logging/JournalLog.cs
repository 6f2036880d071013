using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Firewall.Cli.Logging;

/// <summary>The journal by its native protocol (systemd's docs/JOURNAL_NATIVE_PROTOCOL.md), as if the kernel's own log came in.</summary>
internal sealed class JournalLog(string path = JournalLog.Device) : ILogOutput
{
    private const string Device = "/run/systemd/journal/socket";

    private readonly DatagramSocket _daemon = new(path);

    public void Write(LogEntry entry)
    {
        using var datagram = new MemoryStream();
        Add(datagram, "MESSAGE", Encoding.Latin1.GetBytes(entry.Line));
        Add(datagram, "PRIORITY", Number(entry.Rule.Options.Level));
        Add(datagram, "SYSLOG_FACILITY", Number(0));
        Add(datagram, "SYSLOG_IDENTIFIER", "kernel"u8);
        Add(datagram, "SOURCE_MONOTONIC_TIMESTAMP", Number(entry.Record.Nanoseconds / 1000));
        _daemon.Send(datagram.GetBuffer().AsSpan(0, (int)datagram.Length));
    }

    public void Dispose() => _daemon.Dispose();

    private static byte[] Number<T>(T number)
        where T : IFormattable => Encoding.ASCII.GetBytes(number.ToString(null, CultureInfo.InvariantCulture));

    /// <summary>One field in the form that takes any bytes: name, line feed, length (64 bits, little endian), value, line feed.</summary>
    private static void Add(MemoryStream datagram, string name, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)value.Length);
        datagram.Write(Encoding.ASCII.GetBytes(name + "\n"));
        datagram.Write(length);
        datagram.Write(value);
        datagram.WriteByte((byte)'\n');
    }
}
