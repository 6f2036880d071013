using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Packets;

/// <summary>
/// An Ethernet frame for examples and tests. Each method gives a changed copy; lengths and checksums follow, so that a real stack
/// accepts the frame, except where a method says that it breaks them.
/// </summary>
public sealed class Packet
{
    private const byte Icmp4 = 1, TcpNumber = 6, UdpNumber = 17, DccpNumber = 33, Icmp6Number = 58, SctpNumber = 132, UdpLiteNumber = 136;

    private readonly PacketLayers _layers;

    private Packet(PacketLayers layers) => _layers = layers;

    public Family Family => _layers.Family;

    /// <summary>The frame's bytes, built when first asked for.</summary>
    public ImmutableArray<byte> Frame
    {
        get
        {
            if (field.IsDefault) { field = _layers.ToFrame(); }
            return field;
        }
    }

    /// <summary>A frame given as it is.</summary>
    public static Packet FromBytes(Family family, ReadOnlySpan<byte> frame) => new(PacketLayers.Empty(family) with { Verbatim = [.. frame] });

    /// <summary>An IP packet from 10.0.0.2 to 192.0.2.1 with TTL 64 whose payload is taken as it is.</summary>
    public static Packet Ip(byte protocol, params ReadOnlySpan<byte> payload) =>
        new(PacketLayers.Empty(Family.IPv4) with { Protocol = protocol, Payload = [.. payload] });

    /// <summary>An IPv6 packet from 2001:db8::2 to 2001:db8:1::1 with hop limit 64 whose payload is taken as it is.</summary>
    public static Packet Ip6(byte protocol, params ReadOnlySpan<byte> payload) => Ip(protocol, payload).InIPv6();

    /// <summary>A TCP segment without payload, flags SYN; 40 bytes.</summary>
    public static Packet Tcp(ushort sourcePort, ushort destinationPort)
    {
        var header = Ports(20, sourcePort, destinationPort);
        header[12] = 5 << 4;
        header[13] = 0x02;
        header[14] = 0x72;
        return Ip(TcpNumber).WithTransport(header);
    }

    public static Packet Tcp6(ushort sourcePort, ushort destinationPort) => Tcp(sourcePort, destinationPort).InIPv6();

    /// <summary>A UDP datagram without payload; 28 bytes.</summary>
    public static Packet Udp(ushort sourcePort, ushort destinationPort) =>
        Ip(UdpNumber).WithTransport(Ports(8, sourcePort, destinationPort));

    public static Packet Udp6(ushort sourcePort, ushort destinationPort) => Udp(sourcePort, destinationPort).InIPv6();

    /// <summary>A UDP-Lite datagram whose checksum covers all of it.</summary>
    public static Packet UdpLite(ushort sourcePort, ushort destinationPort) =>
        Ip(UdpLiteNumber).WithTransport(Ports(8, sourcePort, destinationPort));

    /// <summary>An ICMP message of 8 bytes.</summary>
    public static Packet Icmp(byte type, byte code = 0) => Ip(Icmp4).WithTransport([type, code, 0, 0, 0, 1, 0, 1]);

    /// <summary>An ICMPv6 message of 8 bytes.</summary>
    public static Packet Icmp6(byte type, byte code = 0) => Ip6(Icmp6Number).WithTransport([type, code, 0, 0, 0, 1, 0, 1]);

    /// <summary>An SCTP packet; the chunks are its payload.</summary>
    public static Packet Sctp(ushort sourcePort, ushort destinationPort, params ReadOnlySpan<byte> chunks) =>
        Ip(SctpNumber, chunks).WithTransport(Ports(12, sourcePort, destinationPort));

    /// <summary>A DCCP packet with a header of 16 bytes (48-bit sequence numbers).</summary>
    public static Packet Dccp(ushort sourcePort, ushort destinationPort, byte type)
    {
        var header = Ports(16, sourcePort, destinationPort);
        header[4] = 4;
        header[8] = (byte)(type << 1 | 1);
        return Ip(DccpNumber).WithTransport(header);
    }

    /// <summary>The same in the other family, between its default addresses.</summary>
    public Packet InIPv6() => new(_layers with
    {
        Family = Family.IPv6,
        Source = PacketLayers.Empty(Family.IPv6).Source,
        Destination = PacketLayers.Empty(Family.IPv6).Destination,
    });

    public Packet From(string address) => new(_layers with { Source = [.. IPAddress.Parse(address).GetAddressBytes()] });

    public Packet To(string address) => new(_layers with { Destination = [.. IPAddress.Parse(address).GetAddressBytes()] });

    public Packet WithSourceMac(params ReadOnlySpan<byte> mac) => new(_layers with { SourceMac = [.. mac] });

    public Packet WithDestinationMac(params ReadOnlySpan<byte> mac) => new(_layers with { DestinationMac = [.. mac] });

    /// <summary>Adds an 802.1Q (or 802.1ad) tag inside those already there.</summary>
    public Packet WithTag(ushort id, byte priority = 0, ushort type = 0x8100) =>
        new(_layers with { Tags = _layers.Tags.Add(new VlanTag(type, (ushort)(priority << 13 | id))) });

    public Packet WithTtl(byte value) => new(_layers with { TimeToLive = value });

    /// <summary>The type of service or traffic class.</summary>
    public Packet WithTos(byte value) => new(_layers with { TypeOfService = value });

    /// <summary>IPv4 options, padded with zeros to a multiple of four bytes.</summary>
    public Packet WithIPOptions(params ReadOnlySpan<byte> options) => new(_layers with { IPOptions = PacketLayers.Pad(options, 4) });

    /// <summary>Makes it a fragment: the IPv4 header's fields, or an IPv6 fragment header. The bytes behind are left as they are.</summary>
    /// <param name="offset">In units of eight bytes.</param>
    /// <param name="more">Whether more fragments follow.</param>
    /// <param name="id">Identification.</param>
    public Packet Fragment(int offset, bool more, uint id = 0) => Family == Family.IPv4
        ? new(_layers with { FragmentOffset = offset, MoreFragments = more, Identification = (ushort)id })
        : WithExtension(44, 0, (byte)(offset >> 5), (byte)(offset << 3 | (more ? 1 : 0)), (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id);

    /// <summary>Adds an IPv6 extension header behind those already there.</summary>
    /// <param name="number">Its protocol number.</param>
    /// <param name="bytes">What follows its next-header byte; nothing is padded.</param>
    public Packet WithExtension(byte number, params ReadOnlySpan<byte> bytes) =>
        new(_layers with { Extensions = _layers.Extensions.Add(new ExtensionHeader(number, [.. bytes])) });

    /// <summary>Adds a hop-by-hop options header, padded with zeros (Pad1) to a multiple of eight bytes.</summary>
    public Packet WithHopByHop(params ReadOnlySpan<byte> options) => WithOptions(0, options);

    /// <summary>Adds a destination options header, padded with zeros (Pad1) to a multiple of eight bytes.</summary>
    public Packet WithDestinationOptions(params ReadOnlySpan<byte> options) => WithOptions(60, options);

    /// <summary>Adds a routing header whose body is four zero bytes and the addresses.</summary>
    public Packet WithRouting(byte type, byte segmentsLeft, params ReadOnlySpan<string> addresses)
    {
        byte[] bytes = [(byte)(addresses.Length * 2), type, segmentsLeft, 0, 0, 0, 0];
        foreach (var address in addresses) { bytes = [.. bytes, .. IPAddress.Parse(address).GetAddressBytes()]; }
        return WithExtension(43, bytes);
    }

    /// <summary>Adds an authentication header of 24 bytes.</summary>
    public Packet WithAuthentication(uint spi, ushort reserved = 0)
    {
        Span<byte> bytes = stackalloc byte[23];
        bytes.Clear();
        bytes[0] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], reserved);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[3..], spi);
        bytes[10] = 1;
        return WithExtension(51, bytes);
    }

    /// <summary>TCP flags by their initials, e.g. <c>SA</c>; <c>FSRPAU</c>, <c>E</c> for ECE and <c>C</c> for CWR.</summary>
    public Packet WithFlags(string initials) =>
        WithTransportByte(13, (byte)initials.Aggregate(0, (flags, initial) => flags | 1 << "FSRPAUEC".IndexOf(initial)));

    /// <summary>TCP options, padded with zeros to a multiple of four bytes; the data offset follows.</summary>
    public Packet WithTcpOptions(params ReadOnlySpan<byte> options)
    {
        var padded = PacketLayers.Pad(options, 4);
        return WithTransport([.. _layers.Transport.AsSpan(0, 20), .. padded]).WithDataOffset(5 + padded.Length / 4);
    }

    /// <summary>The TCP data offset, in words of four bytes, whatever stands behind the header.</summary>
    public Packet WithDataOffset(int words) => WithTransportByte(12, (byte)(words << 4));

    /// <summary>Overwrites one byte of the transport header.</summary>
    public Packet WithTransportByte(int offset, byte value) => new(_layers with { Transport = _layers.Transport.SetItem(offset, value) });

    public Packet WithPayload(params ReadOnlySpan<byte> payload) => new(_layers with { Payload = [.. payload] });

    /// <summary>Keeps at most the first bytes of the transport header and payload; the IP header agrees.</summary>
    public Packet Keep(int bytes) => new(_layers with { Kept = bytes });

    /// <summary>What the IP header claims as total length (IPv6: payload length), whatever the frame holds.</summary>
    public Packet WithLength(int claimed) => new(_layers with { ClaimedLength = claimed });

    /// <summary>Appends Ethernet padding.</summary>
    public Packet Padded(int bytes, byte value = 0) => new(_layers with { Padding = [.. Enumerable.Repeat(value, bytes)] });

    /// <summary>Overwrites bytes of the finished frame; checksums are not mended.</summary>
    public Packet Patched(int offset, params ReadOnlySpan<byte> bytes) =>
        new(_layers with { Patches = _layers.Patches.Add(new Patch(offset, [.. bytes])) });

    /// <summary>Ends the frame after some bytes, whatever its headers claim.</summary>
    public Packet Cut(int bytes) => new(_layers with { FrameLimit = bytes });

    public override string ToString() => Convert.ToHexString(Frame.AsSpan());

    private static byte[] Ports(int length, ushort source, ushort destination)
    {
        var header = new byte[length];
        BinaryPrimitives.WriteUInt16BigEndian(header, source);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), destination);
        return header;
    }

    private Packet WithTransport(ReadOnlySpan<byte> header) => new(_layers with { Transport = [.. header] });

    private Packet WithOptions(byte number, ReadOnlySpan<byte> options)
    {
        var length = (options.Length + 2 + 7) / 8 * 8;
        return WithExtension(number, [(byte)(length / 8 - 1), .. options, .. new byte[length - 2 - options.Length]]);
    }
}
