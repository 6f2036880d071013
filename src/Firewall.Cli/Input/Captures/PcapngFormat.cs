using System.Buffers.Binary;

namespace Firewall.Cli.Input.Captures;

/// <summary>
/// The block format (draft-ietf-opsawg-pcapng), from behind the first block's type on: section headers, interfaces, enhanced and simple
/// packets; other blocks are skipped.
/// </summary>
internal sealed class PcapngFormat(CaptureBytes bytes)
{
    private const uint Section = 0x0a0d0d0a;
    private const uint Interface = 1;
    private const uint SimplePacket = 3;
    private const uint EnhancedPacket = 6;
    private const uint ByteOrder = 0x1a2b3c4d;

    private readonly List<int> _linkTypes = [];
    private bool _isBigEndian;

    public IEnumerable<CapturedFrame> Frames()
    {
        ReadSection();
        var index = 0;
        while (bytes.Read(4, "a block") is { } type)
        {
            // The type of a section header reads the same in both orders; only behind it stands which one holds.
            if (Number(type, 0) == Section)
            {
                ReadSection();
                continue;
            }

            var body = Body(Number(bytes.Expect(4, "a block"), 0));
            switch (Number(type, 0))
            {
                case Interface when body.Length >= 8:
                    _linkTypes.Add(Short(body, 0));
                    break;
                case EnhancedPacket when body.Length >= 20:
                    yield return Packet(index++, (int)Number(body, 0), body.AsSpan(20), Number(body, 12), Number(body, 16));
                    break;
                case SimplePacket when body.Length >= 4:
                    yield return Packet(index++, 0, body.AsSpan(4), Math.Min(Number(body, 0), (uint)body.Length - 4), Number(body, 0));
                    break;
            }
        }
    }

    private void ReadSection()
    {
        var header = bytes.Expect(8, "a section header");
        _isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) == ByteOrder;
        if (Number(header, 4) != ByteOrder) { throw bytes.Failure("it is damaged: a section without its byte order"); }
        Body(Number(header, 0), read: 12);
        _linkTypes.Clear();
    }

    /// <summary>The rest of a block of <paramref name="length"/> bytes, of which <paramref name="read"/> have been read; the repeated length at its end left out.</summary>
    private byte[] Body(uint length, int read = 8)
    {
        var rest = (((long)length + 3) & ~3L) - read;
        return rest >= 4 ? bytes.Expect(rest, "a block")[..^4] : throw bytes.Failure($"it is damaged: a block of {length} bytes");
    }

    private CapturedFrame Packet(int index, int device, ReadOnlySpan<byte> data, uint captured, uint original)
    {
        if (device < 0 || device >= _linkTypes.Count) { throw bytes.Failure($"it is damaged: packet {index} came by interface {device}, which is not described"); }
        if (captured > data.Length) { throw bytes.Failure($"it is damaged: packet {index} is longer than its block"); }
        if (LinkType.Objection(_linkTypes[device]) is { } objection) { throw bytes.Failure(objection); }
        return new CapturedFrame(index, LinkType.ToFrame(_linkTypes[device], data[..(int)captured].ToArray()), captured < original);
    }

    private uint Number(byte[] from, int offset) => _isBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(from.AsSpan(offset))
        : BinaryPrimitives.ReadUInt32LittleEndian(from.AsSpan(offset));

    private ushort Short(byte[] from, int offset) => _isBigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(from.AsSpan(offset))
        : BinaryPrimitives.ReadUInt16LittleEndian(from.AsSpan(offset));
}
