using Firewall.Rules.Packets;
using static Firewall.Agreement.Tests.Facts.Fact;
using static Firewall.Rules.Packets.Packet;

namespace Firewall.Agreement.Tests.Facts;

/// <summary>Table V: IPv6.</summary>
internal static class IPv6Facts
{
    private const byte Fragmented = 44, DestinationOptions = 60;

    private static readonly Packet U = Udp6(1000, 53), T = Tcp6(1000, 80), I = Icmp6(128);

    public static IEnumerable<Fact> All => [.. Headers, .. Modules, .. Values];

    private static IEnumerable<Fact> Headers =>
    [
        Input6("V01", "P INPUT DROP\n-A INPUT -p tcp --dport 80 -j ACCEPT",
            Of(T, "A1"), Of(T.WithHopByHop(1, 4, 0, 0, 0, 0), "A1"), Of(T.WithDestinationOptions(), "A1"), Of(T.WithRouting(4, 0), "A1"),
            Of(T.WithHopByHop(1, 4, 0, 0, 0, 0).WithRouting(4, 0).WithDestinationOptions(), "A1"), Of(T.WithAuthentication(1), "A1"), Of(T.Fragment(0, more: false), "A1"),
            Of(T.Fragment(0, more: true), "A1"), Of(T.WithDestinationOptions().WithDestinationOptions(), "A1")),
        Input6("V02", """
            P INPUT DROP
            -A INPUT -p ah -j ACCEPT
            -A INPUT -p ipv6-frag -j ACCEPT
            -A INPUT -p ipv6-route -j ACCEPT
            -A INPUT -p ipv6-opts -j ACCEPT
            -A INPUT -p esp -j ACCEPT
            -A INPUT -p ipv6-nonxt -j ACCEPT
            -A INPUT -p 253 -j ACCEPT
            """,
            Of(T.WithAuthentication(1), "Dp"), Of(T.Fragment(0, more: false), "Dp"), Of(T.WithRouting(4, 0), "Dp"), Of(T.WithDestinationOptions(), "Dp"),
            Of(Ip6(50, new byte[8]), "A5"), Of(Ip6(59), "A6"), Of(Ip6(59).WithDestinationOptions(), "A6"), Of(Ip6(253), "A7")),
        Input6("V03", "P INPUT DROP\n-A INPUT -j ACCEPT", Of(Ip6(DestinationOptions, 6), "A1")),
        Input6("V03 -p all", "P INPUT DROP\n-A INPUT -p all -j ACCEPT",
            Of(Ip6(DestinationOptions, 6, 9, 0, 0), "A1"), Of(Ip6(DestinationOptions, 6), "Dh"), Of(Ip6(Fragmented, DestinationOptions, 0, 0, 8, 0, 0, 0, 0, 1, 1), "Dh"), Of(U, "A1")),
        Input6("V04", "P INPUT ACCEPT\n-A INPUT -s 2001:db8::3 -p udp -j ACCEPT\n-A INPUT -s 2001:db8::2 -p udp -j ACCEPT\n-A INPUT -s 2001:db8::2 -p tcp -j DROP",
            Of(Ip6(DestinationOptions, 6, 9, 0, 0), "D3"), Of(Ip6(DestinationOptions, 6), "Dh"), Of(Ip6(DestinationOptions, 6, 9, 0, 0).From("2001:db8::4"), "Ap"),
            Of(Ip6(DestinationOptions, 6).From("2001:db8::4"), "Ap"), Of(Ip6(Fragmented, 6, 0, 0, 0), "D3"), Of(Ip6(Fragmented, 6, 0, 0), "Dh")),
        Input6("V05", "P INPUT DROP\n-A INPUT ! -p tcp -j ACCEPT",
            Of(T, "Dp"), Of(U, "A1"), Of(T.WithHopByHop(1, 4, 0, 0, 0, 0), "Dp"), Of(T.Fragment(9, more: false), "Dp"), Of(Ip6(59), "A1")),
        Input6("V06", "P INPUT DROP\n-A INPUT -p udp --dport 53 -j ACCEPT\n-A INPUT -s 2001:db8::3 -p udp -j ACCEPT\n-A INPUT -s 2001:db8::3 -p tcp -j ACCEPT",
            Of(U.Fragment(0, more: true), "A1"), Of(U.Fragment(9, more: false), "Dp"), Of(U.Fragment(9, more: false).From("2001:db8::3"), "A2"),
            Of(T.Fragment(1, more: false).From("2001:db8::3"), "A3")),
        Input6("V07", "P INPUT ACCEPT\n-A INPUT -p udp -j DROP\n-A INPUT ! -p udp -j DROP",
            Of(Ip6(Fragmented, DestinationOptions, 0, 0, 8, 0, 0, 0, 0, 1, 1), "Dh"), Of(U.Fragment(1, more: false), "D1")),
        Input6("V19", "P INPUT DROP\n-A INPUT -p tcp --dport 80 -j ACCEPT", Of(T.WithRouting(0, 1, "2001:db8::9"), "A1")),
        Input6("V22", "P INPUT DROP\n-A INPUT -p tcp -m multiport --dports 80,81 -m tcp --syn -j ACCEPT",
            Of(T.WithHopByHop(1, 4, 0, 0, 0, 0).WithDestinationOptions(), "A1"), Of(T, "A1"), Of(T.WithFlags("A"), "Dp")),
        Input6("V23", "P INPUT ACCEPT\n-A INPUT -p tcp --dport 9 -j ACCEPT", Of(T.Keep(3), "Dh"), Of(T.Keep(19), "Dh"), Of(T.Keep(19).WithDestinationOptions(), "Dh")),
        Input6("V24", "P INPUT ACCEPT\n-A INPUT -p tcp --dport 9 -j ACCEPT", Of(T.Fragment(1, more: false), "Ap"), Of(T.Fragment(2, more: false), "Ap")),
    ];

    private static IEnumerable<Fact> Modules =>
    [
        Input6("V09", "P INPUT DROP\n-A INPUT -m frag --fragfirst --fragmore -j ACCEPT\n-A INPUT -m frag --fraglast -j ACCEPT\n-A INPUT -m frag --fragid 7 -j ACCEPT",
            Of(U.Fragment(0, more: true), "A1"), Of(U.Fragment(9, more: true), "Dp"), Of(U.Fragment(9, more: false), "A2"), Of(U.Fragment(0, more: false), "A2"),
            Of(U.Fragment(9, more: true, 7), "A3"), Of(U, "Dp")),
        Input6("V10", """
            P INPUT DROP
            -A INPUT -p tcp -m ipv6header --header hop,dst --soft -j ACCEPT
            -A INPUT -p udp --dport 53 -m ipv6header --header dst -j ACCEPT
            -A INPUT -p udp -m ipv6header --header dst,prot -j ACCEPT
            -A INPUT -m ipv6header --header none -j ACCEPT
            """,
            Of(T.WithHopByHop(), "Dp"), Of(T.WithDestinationOptions(), "Dp"), Of(T.WithHopByHop().WithDestinationOptions(), "A1"),
            Of(T.WithHopByHop().WithRouting(4, 0).WithDestinationOptions(), "A1"), Of(T, "Dp"), Of(U.WithDestinationOptions(), "A3"),
            Of(U.WithHopByHop().WithDestinationOptions(), "Dp"), Of(Ip6(59), "A4")),
        Input6("V11", "P INPUT DROP\n-A INPUT -m hbh --hbh-opts 5:2 -j ACCEPT\n-A INPUT -m dst --dst-len 8 -j ACCEPT\n-A INPUT -m rt --rt-type 0 --rt-segsleft 1 -j ACCEPT\n-A INPUT -m rt ! --rt-type 4 -j ACCEPT",
            Of(T.WithHopByHop(5, 2, 0, 0, 1, 0), "A1"), Of(T.WithHopByHop(1, 4, 0, 0, 0, 0), "Dp"), Of(T.WithDestinationOptions(1, 4, 0, 0, 0, 0), "A2"),
            Of(T.WithRouting(0, 1, "2001:db8::9"), "A3"), Of(T.WithRouting(4, 0), "Dp"), Of(T, "Dp")),
        Input6("V27", "P INPUT DROP\n-A INPUT -m ah --ahspi 256 -j ACCEPT\n-A INPUT -p esp -m esp --espspi 5 -j ACCEPT",
            Of(T.WithAuthentication(256), "A1"), Of(Ip6(50, 0, 0, 0, 5, 0, 0, 0, 1), "A2"), Of(Ip6(50, 0, 0, 0, 6, 0, 0, 0, 1), "Dp")),
        Input6("V31", "P INPUT DROP\n-A INPUT -m eui64 -j ACCEPT", Of(U.From("2001:db8::ff:fe00:2"), "A1"), Of(U, "Dp")),
        Input6("V14", """
            P INPUT DROP
            -A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT
            -A INPUT -p ipv6-icmp --icmpv6-type 1/4 -j ACCEPT
            -A INPUT -p icmpv6 --icmpv6-type router-advertisement -m hl --hl-eq 255 -j ACCEPT
            -A INPUT -p icmpv6 ! --icmpv6-type 129 -m hl --hl-eq 7 -j ACCEPT
            """,
            Of(I, "A1"), Of(Icmp6(1, 4), "A2"), Of(Icmp6(1, 3), "Dp"), Of(Icmp6(134).WithTtl(255), "A3"), Of(Icmp6(134), "Dp"), Of(Icmp6(129).WithTtl(7), "Dp"),
            Of(Icmp6(130).WithTtl(7), "A4"), Of(I.Keep(4), "Dh"), Of(I.WithHopByHop(1, 4, 0, 0, 0, 0), "A1")),
        Input6("V15", "P INPUT DROP\n-A INPUT -p icmp -j ACCEPT", Of(I, "Dp")),
        Input6("V35", "P INPUT DROP\n-A INPUT -p icmpv6 --icmpv6-type 134 -j ACCEPT", Of(Icmp6(134).From("fe80::2").To("ff02::1").WithTtl(255), "A1"), Of(Icmp6(135).To("ff02::1").WithTtl(255), "Dp")),
    ];

    private static IEnumerable<Fact> Values =>
    [
        Input6("V12", "P INPUT DROP\n-A INPUT -m hl --hl-eq 255 -j ACCEPT\n-A INPUT -p tcp -m hl --hl-lt 5 -j ACCEPT\n-A INPUT -p tcp -m hl --hl-gt 200 -j ACCEPT",
            Of(U.WithTtl(255), "A1"), Of(U.WithTtl(254), "Dp"), Of(T.WithTtl(4), "A2"), Of(T.WithTtl(201), "A3")),
        Forward6("V13", "P FORWARD DROP\n-A FORWARD -m hl --hl-eq 64 -j ACCEPT\n-A FORWARD -m hl --hl-eq 63 -j ACCEPT", Of(U.WithTtl(64), "A2"), Of(U.WithTtl(65), "A1"), Of(U.WithTtl(1), "?ttl")),
        Input6("V17", "P INPUT DROP\n-A INPUT -s 2001:db8::2/64 -p tcp -j ACCEPT\n-A INPUT ! -s 2001:db8::/127 -p udp -j ACCEPT\n-A INPUT -s ::/0 -p icmpv6 -j ACCEPT",
            Of(T, "A1"), Of(T.From("2001:db8:9::2"), "Dp"), Of(U, "A2"), Of(I, "A3")),
        Input6("V18", "P INPUT ACCEPT",
            Of(U.Patched(14, 0x50), "?stack"), Of(U.WithLength(200), "?stack"), Of(U.WithLength(0), "Ap"), Of(U.WithLength(4), "Ap"), Of(U.WithTtl(0), "Ap"), Of(U.Patched(60, 1, 2), "Ap"),
            Of(U.WithDestinationOptions().WithHopByHop(), "Ap"), Of(U.WithHopByHop(30, 2, 1, 2), "Ap")),
        Input6("V21", "P INPUT DROP\n-A INPUT -m length --length 48 -j ACCEPT", Of(U, "A1"), Of(U.WithPayload(1), "Dp")),
        Input6("V25", "P INPUT DROP\n-A INPUT -m dscp --dscp 46 -j ACCEPT\n-A INPUT -p tcp -m tos --tos 0x10/0xff -j ACCEPT",
            Of(U.WithTos(0xb8), "A1"), Of(U.WithTos(0xbb), "A1"), Of(T.WithTos(0x10), "A2"), Of(U.WithTos(0xb8).Patched(16, 1, 2), "A1")),
        Input6("V26", "P INPUT DROP\n-A INPUT -d ff02::/16 -j ACCEPT\n-A INPUT -s fe80::/10 -j ACCEPT", Of(U.To("ff02::1"), "A1"), Of(U.From("fe80::2"), "A2")),
        Input6("V33", "P INPUT DROP", Of(Udp(1, 53), "?no-rules-for-family")),
        Input6("V34", "P INPUT DROP\n-A INPUT -s ::2/::ffff -j ACCEPT", Of(U, "A1"), Of(U.From("2001:db8::3"), "Dp")),
        Input6("V36", "P INPUT ACCEPT", Of(Ip6(0, 17, 0, 0xc2, 4, 0, 1, 0, 0).WithLength(0), "?stack")),
    ];
}
