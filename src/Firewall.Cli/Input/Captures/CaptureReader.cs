using System.Buffers.Binary;

namespace Firewall.Cli.Input.Captures;

/// <summary>Reads a capture packet by packet, in constant memory: pcap of either byte order, with micro- or nanoseconds, or pcapng.</summary>
internal sealed class CaptureReader : IDisposable
{
    private readonly CaptureBytes _bytes;

    private CaptureReader(Stream stream, string name) => _bytes = new CaptureBytes(stream, name);

    /// <summary>Opens a capture; <c>-</c> is standard input.</summary>
    /// <exception cref="CommandFailedException">The file cannot be read.</exception>
    public static CaptureReader Open(string name, Invocation invocation) =>
        new(InputFile.Open(name, invocation), name == InputFile.StandardInput ? "standard input" : name);

    /// <summary>The packets in order.</summary>
    /// <exception cref="CommandFailedException">The file is no capture, damaged, or ends within a packet.</exception>
    public IEnumerable<CapturedFrame> Frames()
    {
        var magic = _bytes.Read(4, "is empty") ?? throw _bytes.Failure("it is empty");
        return BinaryPrimitives.ReadUInt32LittleEndian(magic) switch
        {
            0xa1b2c3d4 or 0xa1b23c4d => new PcapFormat(_bytes, isBigEndian: false).Frames(),
            0xd4c3b2a1 or 0x4d3cb2a1 => new PcapFormat(_bytes, isBigEndian: true).Frames(),
            0x0a0d0d0a => new PcapngFormat(_bytes).Frames(),
            _ => throw _bytes.Failure("it is neither a pcap nor a pcapng capture"),
        };
    }

    public void Dispose() => _bytes.Dispose();
}
