using System.Buffers.Binary;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using static Firewall.Agreement.Tests.Facts.Fact;
using static Firewall.Rules.Packets.Packet;

namespace Firewall.Agreement.Tests.Facts;

/// <summary>Tables G, S, H and K: fragments, what the stack drops, header values, counters.</summary>
internal static class StackFacts
{
    private static readonly byte[] Broadcast = [255, 255, 255, 255, 255, 255];
    private static readonly byte[] Group = [1, 0, 0x5e, 0, 0, 1];

    private static readonly Packet U = Udp(1000, 53), T = Tcp(1000, 80), I = Icmp(8);

    public static IEnumerable<Fact> All => [.. Fragments, .. Stack, .. Values];

    private static IEnumerable<Fact> Fragments =>
    [
        Input("G01", "P INPUT DROP\n-A INPUT -f -j DROP\n-A INPUT -p udp --dport 53 -j ACCEPT", Of(U.Fragment(0, more: true), "?fragment"), Of(U.Fragment(9, more: true), "?fragment")),
        Input("G02", "P INPUT DROP\n-A INPUT -p udp -j ACCEPT", Of(U.Fragment(50, more: false), "?fragment")),
        Forward("G03", "P FORWARD DROP\n-A FORWARD -f -j ACCEPT", Of(U.Fragment(0, more: true), "Dp"), Of(U.Fragment(1, more: true), "A1"), Of(U.Fragment(2, more: false), "A1"), Of(U, "Dp")),
        Forward("G04", "P FORWARD DROP\n-A FORWARD ! -f -j ACCEPT", Of(U.Fragment(0, more: true), "A1"), Of(U.Fragment(2, more: false), "Dp"), Of(U, "A1")),
        Forward("G12", "P FORWARD ACCEPT\n-A FORWARD -p tcp --dport 80 --syn -j ACCEPT", Of(T.Keep(8).Fragment(0, more: true), "Dh"), Of(Ip(6, new byte[12]).Fragment(1, more: false), "Dh")),
        Forward("G13", "P FORWARD DROP\n-A FORWARD -p tcp -f -j ACCEPT", Of(T.Fragment(50, more: false), "A1"), Of(U.Fragment(50, more: false), "Dp")),
        Forward("G14", "P FORWARD DROP\n-A FORWARD ! -f -p udp --dport 53 -j ACCEPT", Of(WithFlags(0x40), "A1"), Of(WithFlags(0x80), "A1")),
    ];

    private static IEnumerable<Fact> Stack =>
    [
        Input("S01", "-A INPUT -j ACCEPT",
            Of(U.Patched(14, 0x55), "?stack"), Of(U.Patched(14, 0x44), "?stack"), Of(U.Patched(14, 0x4f), "?stack"), Of(U.WithLength(200), "?stack"), Of(U.WithLength(19), "?stack"),
            Of(U.WithLength(20), "A1"), Of(U.Padded(32), "A1"), Of(U.Cut(33), "?truncated")),
        Input("S02", "P INPUT DROP\n-A INPUT -m length --length 28 -j ACCEPT", Of(U.Padded(18, 0x41), "A1")),
        Input("S03", "P INPUT ACCEPT", Of(U.WithTtl(1), "Ap"), Of(U.WithTtl(0), "Ap")),
        Forward("S03 forward", "-A FORWARD -j ACCEPT", Of(U.WithTtl(1), "?ttl"), Of(U.WithTtl(0), "?ttl"), Of(U.WithTtl(2), "A1")),
        Forward("S04", "P FORWARD DROP\n-A FORWARD -m ttl --ttl-eq 64 -j ACCEPT\n-A FORWARD -m ttl --ttl-eq 63 -p udp -j ACCEPT", Of(U.WithTtl(64), "A2"), Of(U.WithTtl(65), "A1")),
        Input("S05", "P INPUT ACCEPT", Of(U.WithIPOptions(7, 7, 4, 0, 0, 0, 0), "Ap"), Of(U.WithIPOptions(68, 8, 5, 0, 0, 0, 0, 0), "Ap"), Of(U.WithIPOptions(148, 4, 0, 0), "Ap"), Of(U.WithIPOptions(0x5e, 4, 1, 2), "Ap")),
        Input("S06", "P INPUT ACCEPT",
            Of(U.WithTag(5), "?vlan"), Of(U.WithTag(0), "Ap"), Of(U.WithTag(0, 3), "Ap"), Of(U.WithTag(0).WithTag(5), "?vlan"), Of(U.WithTag(0).WithTag(0), "Ap"), Of(U.WithTag(0, 0, 0x88a8), "Ap")),
        Input("S07", "P INPUT ACCEPT", Of(U.WithDestinationMac(Broadcast), "Ap"), Of(U.WithDestinationMac(Group), "Ap")),
        Input("S08", "P INPUT DROP", Of(U.Patched(12, 0x08, 0x06), "?not-ip"), Of(U.Patched(12, 0x88, 0xcc), "?not-ip"), Of(U.Patched(12, 0x00, 0x1c), "?not-ip")),
        Input("S09", "P INPUT DROP", Of(Udp6(1, 53), "?no-rules-for-family")),
        Forward("S10", "P FORWARD ACCEPT", Of(U, "Ap")),
    ];

    private static IEnumerable<Fact> Values =>
    [
        Input("H01", "P INPUT DROP\n-A INPUT -p udp -m length --length 30:40 -j ACCEPT\n-A INPUT -p tcp -m length ! --length 40 -j ACCEPT",
            Of(Sized(29), "Dp"), Of(Sized(30), "A1"), Of(Sized(40), "A1"), Of(Sized(41), "Dp"), Of(T, "Dp"), Of(T.WithPayload(1), "A2")),
        Input("H02", "P INPUT DROP\n-A INPUT -m length --length 40: -j ACCEPT", Of(Sized(39), "Dp"), Of(Sized(40), "A1")),
        Input("H03", """
            P INPUT DROP
            -A INPUT -p udp --dport 1 -m ttl --ttl-eq 10 -j ACCEPT
            -A INPUT -p udp --dport 2 -m ttl --ttl-lt 10 -j ACCEPT
            -A INPUT -p udp --dport 3 -m ttl --ttl-gt 10 -j ACCEPT
            -A INPUT -p udp --dport 4 -m ttl ! --ttl-eq 10 -j ACCEPT
            """,
            Of(Timed(1, 9), "Dp"), Of(Timed(1, 10), "A1"), Of(Timed(1, 11), "Dp"), Of(Timed(2, 9), "A2"), Of(Timed(2, 10), "Dp"), Of(Timed(2, 11), "Dp"),
            Of(Timed(3, 9), "Dp"), Of(Timed(3, 10), "Dp"), Of(Timed(3, 11), "A3"), Of(Timed(4, 9), "A4"), Of(Timed(4, 10), "Dp"), Of(Timed(4, 11), "A4")),
        Input("H04", "P INPUT DROP\n-A INPUT -p udp -m dscp --dscp 0x2e -j ACCEPT\n-A INPUT -p tcp -m dscp --dscp-class AF11 -j ACCEPT\n-A INPUT -p icmp -m dscp ! --dscp 0 -j ACCEPT",
            Of(U.WithTos(0xb8), "A1"), Of(U.WithTos(0xbb), "A1"), Of(U.WithTos(0xb4), "Dp"), Of(T.WithTos(0x28), "A2"), Of(I.WithTos(3), "Dp"), Of(I.WithTos(4), "A3")),
        Input("H05", "P INPUT DROP\n-A INPUT -p udp -m tos --tos 0x10/0x3f -j ACCEPT\n-A INPUT -p tcp -m tos --tos 0x10 -j ACCEPT\n-A INPUT -p icmp -m tos --tos Minimize-Delay -j ACCEPT",
            Of(U.WithTos(0xd0), "A1"), Of(U.WithTos(0x10), "A1"), Of(U.WithTos(0x11), "Dp"), Of(T.WithTos(0xd0), "Dp"), Of(T.WithTos(0x10), "A2"), Of(I.WithTos(0xd0), "A3"), Of(I.WithTos(0x11), "Dp")),
        Input("H06", "P INPUT DROP\n-A INPUT -p udp -m ecn --ecn-ip-ect 3 -j ACCEPT\n-A INPUT -p tcp -m ecn --ecn-tcp-cwr -j ACCEPT\n-A INPUT -p tcp -m ecn ! --ecn-tcp-ece --ecn-ip-ect 1 -j ACCEPT",
            Of(U.WithTos(3), "A1"), Of(U.WithTos(2), "Dp"), Of(T.WithFlags("C"), "A2"), Of(T.WithFlags("E").WithTos(1), "Dp"), Of(T.WithFlags("").WithTos(1), "A3"), Of(T.WithFlags("").WithTos(2), "Dp")),
        Input("H07", "P INPUT DROP\n-A INPUT -p udp -m mac --mac-source 02:00:00:00:00:99 -j ACCEPT\n-A INPUT -p tcp -m mac ! --mac-source 02:00:00:00:00:99 -j ACCEPT",
            Of(U.WithSourceMac(2, 0, 0, 0, 0, 0x99), "A1"), Of(U.WithSourceMac(2, 0, 0, 0, 0, 0x98), "Dp"), Of(T.WithSourceMac(2, 0, 0, 0, 0, 0x99), "Dp"), Of(T.WithSourceMac(2, 0, 0, 0, 0, 0x98), "A2"),
            Of(T, "Dp", "lo")),
        Input("H08", "P INPUT DROP\n-A INPUT -p udp -m iprange --src-range 10.0.0.5-10.0.0.9 -j ACCEPT\n-A INPUT -p tcp -m iprange ! --src-range 10.0.0.5-10.0.0.9 --dst-range 192.0.2.0-192.0.2.1 -j ACCEPT",
            Of(U.From("10.0.0.4"), "Dp"), Of(U.From("10.0.0.5"), "A1"), Of(U.From("10.0.0.9"), "A1"), Of(U.From("10.0.0.10"), "Dp"), Of(T.From("10.0.0.5"), "Dp"), Of(T.From("10.0.0.4"), "A2")),
        Input("H09", "P INPUT DROP\n-A INPUT -p udp -m pkttype --pkt-type broadcast -j ACCEPT\n-A INPUT -p tcp -m pkttype ! --pkt-type unicast -j ACCEPT\n-A INPUT -p icmp -m pkttype --pkt-type multicast -j ACCEPT",
            Of(U.WithDestinationMac(Broadcast).To("255.255.255.255"), "A1"), Of(U.To("255.255.255.255"), "Dp"), Of(T, "Dp"), Of(T.WithDestinationMac(Broadcast), "A2"),
            Of(I.WithDestinationMac(Group), "A3"), Of(I.To("224.0.0.1"), "Dp")),
        Input("H20", "P INPUT DROP\n-A INPUT -m comment --comment \"-j DROP \\\"quoted\\\" ! -s\" -m mark --mark 0x0 -j ACCEPT", Of(U, "A1")),
        Input("K01", "P INPUT DROP\nN u\n-A INPUT\n-A INPUT -j u\n-A INPUT -p udp -j ACCEPT\n-A u -p udp -j RETURN\n-A u -p tcp", Of(U, "A3"), Of(U.Padded(20), "A3"), Of(T, "Dp")),
        Input("K03", "P INPUT ACCEPT\n-A INPUT -p tcp\n-A INPUT -p tcp --dport 80 -j DROP", Of(T.Keep(3), "Dh"), Of(T, "D2")),
    ];

    /// <summary>A packet for elsewhere with bits in front of the fragment offset; the header's checksum follows (RFC 1624).</summary>
    private static Packet WithFlags(byte flags)
    {
        byte[] frame = [.. U.To("203.0.113.9").Frame];
        var sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(24)) + (flags << 8);
        frame[20] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(24), (ushort)~((sum & 0xffff) + (sum >> 16)));
        return FromBytes(Family.IPv4, frame);
    }

    private static Packet Sized(int length) => U.WithPayload(new byte[length - 28]);

    private static Packet Timed(ushort port, byte ttl) => Udp(1000, port).WithTtl(ttl);
}
