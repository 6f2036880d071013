using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Evaluation;

/// <summary>Writes the frames that answer rejected packets.</summary>
internal static class RejectAnswer
{
    private const int LinkHeader = 14, IcmpHeader = 8, TcpHeader = 20;
    private const byte Tcp = 6, Icmp = 1, Icmp6 = 58;

    /// <summary>Longest ICMP error, IP header included, in bytes (RFC 1812, section 4.3.2.3).</summary>
    private const int LongestIPv4 = 576;

    /// <summary>Longest ICMPv6 error, IP header included, in bytes: the minimum MTU (RFC 4443, section 2.4).</summary>
    private const int LongestIPv6 = 1280;

    private static int HeaderLength(Family family) => family == Family.IPv4 ? 20 : 40;

    /// <summary>nf_send_reset, nf_send_reset6: acknowledges all that the segment held, or takes its word for where the other side is (RFC 9293, section 3.5.2).</summary>
    public static RejectReply Reset(RejectedPacket rejected, RejectHost host)
    {
        var family = rejected.Family;
        var frame = new byte[LinkHeader + HeaderLength(family) + TcpHeader];
        WriteLink(frame, rejected);
        WriteNetwork(frame.AsSpan(LinkHeader), rejected, Tcp, rejected.Destination, host);
        if (family == Family.IPv4) { WriteIPv4(frame.AsSpan(LinkHeader, 20), typeOfService: 0, identification: 0, fragment: 0x4000); }
        var segment = rejected.Transport;
        var answer = frame.AsSpan(LinkHeader + HeaderLength(family));
        segment[2..4].CopyTo(answer);
        segment[..2].CopyTo(answer[2..]);
        const byte Fin = 1, Syn = 2, Rst = 4, Ack = 16;
        var flags = segment[13];
        if ((flags & Ack) != 0) { segment[8..12].CopyTo(answer[4..]); }
        else
        {
            var header = (segment[12] >> 4) * 4;
            var next = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + (uint)((flags & Syn) / Syn + (flags & Fin) + segment.Length - header);
            BinaryPrimitives.WriteUInt32BigEndian(answer[8..], next);
        }

        answer[12] = TcpHeader / 4 << 4;
        answer[13] = (byte)((flags & Ack) != 0 ? Rst : Rst | Ack);
        var pseudo = RejectedPacket.PseudoHeader(rejected.Source, rejected.Destination, Tcp, TcpHeader);
        var checksum = Checksum.Internet(answer, pseudo);

        // IPv4 leaves the sum to the device, which writes a zero as ones (skb_checksum_help, net/core/dev.c).
        BinaryPrimitives.WriteUInt16BigEndian(answer[16..], checksum == 0 && family == Family.IPv4 ? ushort.MaxValue : checksum);
        return Sent(frame);
    }

    /// <summary>icmp_send, icmp6_send: quotes as much of the packet as fits.</summary>
    public static RejectReply Unreachable(RejectedPacket rejected, RejectWith with, RejectHost host)
    {
        var family = rejected.Family;
        if (rejected.IsForwarded && host.ForwardSource.IsEmpty) { return RejectReply.Unknown; }
        var source = rejected.IsForwarded ? host.ForwardSource.AsSpan() : rejected.Destination;
        var longest = family == Family.IPv4 ? LongestIPv4 : LongestIPv6;
        var quoted = Math.Min(rejected.Packet.Length, longest - HeaderLength(family) - IcmpHeader);
        var frame = new byte[LinkHeader + HeaderLength(family) + IcmpHeader + quoted];
        WriteLink(frame, rejected);
        WriteNetwork(frame.AsSpan(LinkHeader), rejected, family == Family.IPv4 ? Icmp : Icmp6, source, host);
        if (family == Family.IPv4)
        {
            // Precedence "internetwork control" (RFC 1812, section 4.3.2.5).
            WriteIPv4(frame.AsSpan(LinkHeader, 20), (byte)((rejected.Packet[1] & 0x1e) | 0xc0), host.Identification, fragment: 0);
        }

        var message = frame.AsSpan(LinkHeader + HeaderLength(family));
        message[0] = with.Type;
        message[1] = with.Code!.Value;
        rejected.Packet[..quoted].CopyTo(message[IcmpHeader..]);
        if (rejected.IsForwarded) { TakeHop(message[IcmpHeader..], family); }
        var pseudo = family == Family.IPv4 ? 0 : RejectedPacket.PseudoHeader(source, rejected.Source, Icmp6, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum.Internet(message, pseudo));
        return Sent(frame);
    }

    private static RejectReply Sent(byte[] frame) => new(RejectOutcome.Sent, ImmutableCollectionsMarshal.AsImmutableArray(frame));

    private static void WriteLink(Span<byte> frame, RejectedPacket rejected)
    {
        rejected.Link[6..12].CopyTo(frame);
        rejected.Link[..6].CopyTo(frame[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], rejected.Family.EtherType());
    }

    /// <summary>What both families' headers have.</summary>
    private static void WriteNetwork(Span<byte> packet, RejectedPacket rejected, byte protocol, ReadOnlySpan<byte> source, RejectHost host)
    {
        if (rejected.Family == Family.IPv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
            packet[8] = host.TimeToLive;
            packet[9] = protocol;
            source.CopyTo(packet[12..]);
            rejected.Source.CopyTo(packet[16..]);
            return;
        }

        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - 40));
        packet[6] = protocol;
        packet[7] = host.HopLimit;
        source.CopyTo(packet[8..]);
        rejected.Source.CopyTo(packet[24..]);
    }

    private static void WriteIPv4(Span<byte> header, byte typeOfService, ushort identification, ushort fragment)
    {
        header[0] = 0x45;
        header[1] = typeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], identification);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], fragment);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], Checksum.Internet(header));
    }

    /// <summary>FORWARD sees a packet, and errors quote it, after the hop was taken off (ip_forward, ip6_forward).</summary>
    private static void TakeHop(Span<byte> packet, Family family)
    {
        if (family == Family.IPv6)
        {
            packet[7]--;
            return;
        }

        packet[8]--;
        var sum = BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + 0x0100u;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], (ushort)(sum + (sum >= ushort.MaxValue ? 1 : 0)));
    }
}
