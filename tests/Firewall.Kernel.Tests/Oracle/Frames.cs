using System.Buffers.Binary;
using System.Net;
using Firewall.Kernel.Network;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>Ethernet frames for <see cref="OracleHost"/>: well-formed unless a test asks otherwise.</summary>
public static class Frames
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;

    /// <summary>Where frames come from.</summary>
    public static readonly MacAddress Sender = MacAddress.Parse("02:00:00:00:00:02");

    public static byte[] UdpTo(int port, int sourcePort = 1000, int payload = 0)
    {
        var header = new byte[8 + payload];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)header.Length);
        return Ipv4(Udp, header);
    }

    /// <summary>A SYN, cut to <paramref name="length"/> bytes of TCP.</summary>
    public static byte[] TcpTo(int port, int sourcePort = 1000, int length = 20) => Ipv4(Tcp, TcpHeader(port, sourcePort).AsSpan(0, length));

    public static byte[] TcpHeader(int port, int sourcePort = 1000)
    {
        const byte Syn = 2;
        var header = new byte[20];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)port);
        header[12] = 5 << 4;
        header[13] = Syn;
        return header;
    }

    /// <summary>An IPv4 packet from 10.0.0.2, to 192.0.2.1 unless said otherwise.</summary>
    /// <param name="fragment">The word with the flags and the fragment offset.</param>
    public static byte[] Ipv4(
        byte protocol,
        ReadOnlySpan<byte> payload,
        string destination = "192.0.2.1",
        string source = "10.0.0.2",
        byte ttl = 64,
        ushort fragment = 0,
        ReadOnlySpan<byte> tags = default)
    {
        var packet = new byte[20 + payload.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), fragment);
        packet[8] = ttl;
        packet[9] = protocol;
        IPAddress.Parse(source).TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Parse(destination).TryWriteBytes(packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet.AsSpan(0, 20)));
        payload.CopyTo(packet.AsSpan(20));
        return Ethernet([.. tags, 0x08, 0x00], packet);
    }

    /// <summary>An IPv6 packet from 2001:db8::2 to 2001:db8:1::1.</summary>
    public static byte[] Ipv6(byte nextHeader, ReadOnlySpan<byte> payload, string destination = "2001:db8:1::1", string source = "2001:db8::2")
    {
        var packet = new byte[40 + payload.Length];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)payload.Length);
        packet[6] = nextHeader;
        packet[7] = 64;
        IPAddress.Parse(source).TryWriteBytes(packet.AsSpan(8), out _);
        IPAddress.Parse(destination).TryWriteBytes(packet.AsSpan(24), out _);
        payload.CopyTo(packet.AsSpan(40));
        return Ethernet([0x86, 0xdd], packet);
    }

    public static byte[] Ethernet(ReadOnlySpan<byte> type, ReadOnlySpan<byte> payload) =>
        [.. OracleHost.Mac.ToBytes(), .. Sender.ToBytes(), .. type, .. payload];

    private static ushort Checksum(ReadOnlySpan<byte> header)
    {
        var sum = 0;
        for (var i = 0; i < header.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(header[i..]);
        }

        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~((sum & 0xffff) + (sum >> 16));
    }
}
