using System.Buffers.Binary;
using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Packets;

/// <summary>An 802.1Q or 802.1ad tag.</summary>
internal readonly record struct VlanTag(ushort Type, ushort Value);

/// <summary>An IPv6 extension header: its number, and what follows its next-header byte.</summary>
internal readonly record struct ExtensionHeader(byte Number, ImmutableArray<byte> Bytes);

/// <summary>Bytes written over the finished frame.</summary>
internal readonly record struct Patch(int Offset, ImmutableArray<byte> Bytes);

/// <summary>What a <see cref="Packet"/> is made of, from the outside in, and how a frame is built from it.</summary>
internal sealed record PacketLayers(Family Family)
{
    private static readonly PacketLayers Default4 = new(Family.IPv4)
    {
        Source = [10, 0, 0, 2],
        Destination = [192, 0, 2, 1],
    };

    private static readonly PacketLayers Default6 = new(Family.IPv6)
    {
        Source = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
        Destination = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    };

    public ImmutableArray<byte> DestinationMac { get; init; } = [2, 0, 0, 0, 0, 1];

    public ImmutableArray<byte> SourceMac { get; init; } = [2, 0, 0, 0, 0, 2];

    public ImmutableArray<VlanTag> Tags { get; init; } = [];

    public required ImmutableArray<byte> Source { get; init; }

    public required ImmutableArray<byte> Destination { get; init; }

    public byte TimeToLive { get; init; } = 64;

    public byte TypeOfService { get; init; }

    public ImmutableArray<byte> IPOptions { get; init; } = [];

    public int FragmentOffset { get; init; }

    public bool MoreFragments { get; init; }

    public ushort Identification { get; init; }

    public ImmutableArray<ExtensionHeader> Extensions { get; init; } = [];

    public byte Protocol { get; init; }

    /// <summary>The transport header; its checksum and length are filled in. Empty when the payload is all there is.</summary>
    public ImmutableArray<byte> Transport { get; init; } = [];

    public ImmutableArray<byte> Payload { get; init; } = [];

    /// <summary>How many bytes of transport header and payload remain; null for all.</summary>
    public int? Kept { get; init; }

    public int? ClaimedLength { get; init; }

    public ImmutableArray<byte> Padding { get; init; } = [];

    public ImmutableArray<Patch> Patches { get; init; } = [];

    public int? FrameLimit { get; init; }

    /// <summary>Replaces everything else.</summary>
    public ImmutableArray<byte> Verbatim { get; init; }

    public static PacketLayers Empty(Family family) => family == Family.IPv4 ? Default4 : Default6;

    public static ImmutableArray<byte> Pad(ReadOnlySpan<byte> bytes, int multiple) =>
        [.. bytes, .. new byte[(multiple - bytes.Length % multiple) % multiple]];

    public ImmutableArray<byte> ToFrame()
    {
        if (!Verbatim.IsDefault) { return Verbatim; }
        var transport = TransportBytes();
        byte[] frame = [.. LinkHeader(), .. Family == Family.IPv4 ? IPv4Header(transport.Length) : IPv6Headers(transport.Length), .. transport, .. Padding];
        foreach (var patch in Patches) { patch.Bytes.CopyTo(frame, patch.Offset); }
        return [.. frame.AsSpan(0, FrameLimit ?? frame.Length)];
    }

    private byte[] LinkHeader()
    {
        var header = new List<byte>([.. DestinationMac, .. SourceMac]);
        foreach (var tag in Tags) { header.AddRange([(byte)(tag.Type >> 8), (byte)tag.Type, (byte)(tag.Value >> 8), (byte)tag.Value]); }
        var type = Family.EtherType();
        return [.. header, (byte)(type >> 8), (byte)type];
    }

    private byte[] IPv4Header(int payloadLength)
    {
        var length = 20 + IPOptions.Length;
        var header = new byte[length];
        header[0] = (byte)(0x40 | length / 4);
        header[1] = TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(ClaimedLength ?? length + payloadLength));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), Identification);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)((MoreFragments ? 0x2000 : 0) | FragmentOffset));
        header[8] = TimeToLive;
        header[9] = Protocol;
        Source.CopyTo(header, 12);
        Destination.CopyTo(header, 16);
        IPOptions.CopyTo(header, 20);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Checksum.Internet(header));
        return header;
    }

    private byte[] IPv6Headers(int transportLength)
    {
        var extensions = new List<byte>();
        for (var i = 0; i < Extensions.Length; i++)
        {
            extensions.AddRange([i + 1 < Extensions.Length ? Extensions[i + 1].Number : Protocol, .. Extensions[i].Bytes]);
        }

        var header = new byte[40];
        header[0] = (byte)(0x60 | TypeOfService >> 4);
        header[1] = (byte)(TypeOfService << 4);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(ClaimedLength ?? extensions.Count + transportLength));
        header[6] = Extensions.IsEmpty ? Protocol : Extensions[0].Number;
        header[7] = TimeToLive;
        Source.CopyTo(header, 8);
        Destination.CopyTo(header, 24);
        return [.. header, .. extensions];
    }

    private byte[] TransportBytes()
    {
        byte[] bytes = [.. Transport, .. Payload];
        if (!Transport.IsEmpty) { TransportChecksum.Fill(Protocol, bytes, Source.AsSpan(), Destination.AsSpan()); }
        return bytes[..Math.Min(Kept ?? bytes.Length, bytes.Length)];
    }
}
