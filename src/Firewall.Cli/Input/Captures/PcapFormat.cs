using System.Buffers.Binary;

namespace Firewall.Cli.Input.Captures;

/// <summary>The classic format (pcap-savefile(5)), from behind the magic number on.</summary>
internal sealed class PcapFormat(CaptureBytes bytes, bool isBigEndian)
{
    private const int RestOfFileHeader = 20;
    private const int PacketHeader = 16;

    public IEnumerable<CapturedFrame> Frames()
    {
        var header = bytes.Expect(RestOfFileHeader, "the file header");
        var linkType = (int)(Number(header, 16) & 0xffff);
        if (LinkType.Objection(linkType) is { } objection) { throw bytes.Failure(objection); }
        return Packets(linkType);
    }

    private IEnumerable<CapturedFrame> Packets(int linkType)
    {
        for (var index = 0; bytes.Read(PacketHeader, $"the header of packet {index}") is { } header; index++)
        {
            var (captured, original) = (Number(header, 8), Number(header, 12));
            var packet = bytes.Expect(captured, $"packet {index}");
            yield return new CapturedFrame(index, LinkType.ToFrame(linkType, packet), captured < original);
        }
    }

    private uint Number(byte[] from, int offset) => isBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(from.AsSpan(offset))
        : BinaryPrimitives.ReadUInt32LittleEndian(from.AsSpan(offset));
}
