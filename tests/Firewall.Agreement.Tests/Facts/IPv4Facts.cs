using Firewall.Rules.Packets;
using static Firewall.Agreement.Tests.Facts.Fact;
using static Firewall.Rules.Packets.Packet;

namespace Firewall.Agreement.Tests.Facts;

/// <summary>Tables A to F: chains, addresses, devices, protocols, ports, ICMP.</summary>
internal static class IPv4Facts
{
    private static readonly Packet U = Udp(1000, 9), T = Tcp(1000, 9), I = Icmp(8), Gre = Ip(47);

    public static IEnumerable<Fact> All => [.. Chains, .. Addresses, .. Devices, .. Protocols, .. Ports, .. Flags, .. Transports, .. IcmpTypes];

    private static IEnumerable<Fact> Chains =>
    [
        Input("A01", "P INPUT DROP\n-A INPUT -p tcp -j ACCEPT", Of(U, "Dp"), Of(T, "A1")),
        Input("A02", "P INPUT DROP\nN u\n-A INPUT -j u\n-A INPUT -p udp -j ACCEPT\n-A u -p tcp -j ACCEPT", Of(U, "A2"), Of(T, "Au:1"), Of(I, "Dp")),
        Input("A03", "P INPUT DROP\nN u\n-A INPUT -j u\n-A INPUT -j ACCEPT\n-A u -p udp -j RETURN\n-A u -j DROP", Of(U, "A2"), Of(T, "Du:2")),
        Input("A04", "P INPUT DROP\n-A INPUT -p udp -j RETURN\n-A INPUT -j ACCEPT", Of(U, "Dp"), Of(T, "A2")),
        Input("A05", "P INPUT DROP\nN u\n-A INPUT -p udp -g u\n-A INPUT -j ACCEPT\n-A u -p tcp -j ACCEPT", Of(U, "Dp"), Of(T, "A2")),
        Input("A06", "P INPUT DROP\nN a\nN b\n-A INPUT -j a\n-A INPUT -p udp -j ACCEPT\n-A a -p udp -g b\n-A a -j DROP\n-A b -p icmp -j ACCEPT", Of(U, "A2"), Of(T, "Da:2")),
        Input("A07", "P INPUT DROP\nN a\nN b\n-A INPUT -j a\n-A INPUT -p udp -j ACCEPT\n-A a -g b\n-A a -j DROP\n-A b -p udp -j RETURN\n-A b -j DROP", Of(U, "A2"), Of(T, "Db:2")),
        Input("A08", "P INPUT DROP\n-A INPUT -p udp\n-A INPUT -p udp -j ACCEPT", Of(U, "A2")),
        Input("A09", "P INPUT DROP\nN e\n-A INPUT -j e\n-A INPUT -j e\n-A INPUT -p udp -j ACCEPT", Of(U, "A3")),
        Input("A11", "P INPUT DROP\nN u\n-A INPUT -j u\n-A INPUT -j DROP\n-A u -j ACCEPT", Of(U, "Au:1")),
        Input("A16", $"P INPUT DROP\n{Lines(60, i => $"N c{i}")}-A INPUT -j c0\n{Lines(59, i => $"-A c{i} -j c{i + 1}")}-A c59 -p udp -j ACCEPT", Of(U, "Ac59:1"), Of(T, "Dp")),
        Input("A17", "-A INPUT -j DROP", Of(U, "D1")),
        Input("A18", "P INPUT DROP\nN u\n-A INPUT -p udp -j u\n-A INPUT -p udp --sport 1000 -j ACCEPT\n-A u -p udp --dport 53 -j RETURN\n-A u -j DROP",
            Of(Udp(1000, 53), "A2"), Of(Udp(1000, 54), "Du:2"), Of(Udp(999, 53), "Dp")),
        Input("A24", "N LOG\n-A INPUT -j LOG\n-A LOG -p udp -j DROP", Of(U, "DLOG:1"), Of(T, "Ap")),
    ];

    private static IEnumerable<Fact> Addresses =>
    [
        Input("B01", "P INPUT DROP\n-A INPUT -s 10.200.3.4/8 -j ACCEPT", Of(U, "A1"), Of(U.From("11.0.0.2"), "Dp")),
        Input("B02", "P INPUT DROP\n-A INPUT -s 10.0.0.2/255.0.0.255 -j ACCEPT", Of(U, "A1"), Of(U.From("10.9.9.2"), "A1"), Of(U.From("10.0.0.3"), "Dp")),
        Input("B03", "P INPUT DROP\n-A INPUT ! -s 10.0.0.0/30 -j ACCEPT", Of(U.From("10.0.0.3"), "Dp"), Of(U.From("10.0.0.4"), "A1")),
        Input("B04", "P INPUT DROP\n-A INPUT -s 10.0.0.1,10.0.0.2 -j ACCEPT\n-A INPUT -p tcp -j ACCEPT", Of(U, "A2"), Of(T.From("10.0.0.3"), "A3")),
        Input("B05", "P INPUT DROP\n-A INPUT ! -s 0.0.0.0/0 -j ACCEPT", Of(U, "Dp")),
        Input("B06", "P INPUT DROP\n-A INPUT -s 0.0.0.0/32 -j ACCEPT", Of(Udp(68, 67).From("0.0.0.0").To("255.255.255.255"), "A1"), Of(U, "Dp")),
        Input("B07", "P INPUT DROP\n-A INPUT -d 255.255.255.255 -j ACCEPT", Of(U.To("255.255.255.255"), "A1"), Of(U, "Dp")),
        Input("B08", "-A INPUT -j ACCEPT", Of(U.From("0.1.2.3"), "A1"), Of(U.From("240.0.0.1"), "A1"), Of(U, "A1")),
        Input("S13", "P INPUT DROP\n-A INPUT -d 192.0.2.255 -j ACCEPT", Of(U.To("192.0.2.255"), "A1")),
        Input("S14", "P INPUT ACCEPT", Of(U.To("224.0.0.1"), "Ap")),
    ];

    private static IEnumerable<Fact> Devices =>
    [
        Input("C01", "P INPUT DROP\n-A INPUT -i eth0 -j ACCEPT",
            Of(U, "A1"), Of(U, "Dp", "eth1"), Of(U, "Dp", "eth"), Of(U, "Dp", "ethernet"), Of(U, "Dp", "eth0.10"), Of(U, "Dp", "wlan0")),
        Input("C02", "P INPUT DROP\n-A INPUT -i eth+ -j ACCEPT",
            Of(U, "A1"), Of(U, "A1", "eth1"), Of(U, "A1", "eth"), Of(U, "A1", "ethernet"), Of(U, "A1", "eth0.10"), Of(U, "Dp", "wlan0")),
        Input("C03", "P INPUT DROP\n-A INPUT -i + -j ACCEPT", Of(U, "A1"), Of(U, "A1", "wlan0")),
        Input("C04", "P INPUT DROP\n-A INPUT ! -i eth+ -j ACCEPT", Of(U, "Dp"), Of(U, "Dp", "eth1"), Of(U, "Dp", "ethernet"), Of(U, "A1", "wlan0")),
        Input("C05", "P INPUT DROP\n-A INPUT ! -i eth0 -j ACCEPT", Of(U, "Dp"), Of(U, "A1", "eth1"), Of(U, "A1", "eth"), Of(U, "A1", "wlan0")),
        Input("C06", "P INPUT DROP\n-A INPUT -i nosuch0 -j ACCEPT", Of(U, "Dp")),
        Forward("C07", "P FORWARD DROP\n-A FORWARD -o eth1 -j ACCEPT", Of(U, "A1")),
        Forward("C08", "P FORWARD DROP\n-A FORWARD -o eth2 -j ACCEPT\n-A FORWARD ! -o eth2 -p tcp -j ACCEPT", Of(U, "Dp"), Of(T, "A2")),
        Input("C09", "P INPUT DROP\nN u\n-A INPUT -j u\n-A u -o eth1 -j DROP\n-A u ! -o eth1 -j ACCEPT", Of(U, "Au:2")),
        Input("C10", "P INPUT DROP\nN u\n-A INPUT -j u\n-A u -o + -j ACCEPT", Of(U, "Au:1")),
        Input("C11", "P INPUT DROP\n-A INPUT -i lo -j ACCEPT", Of(U, "A1", "lo"), Of(U, "Dp")),
        Input("C12", "P INPUT DROP\n-A INPUT -i abcdefghijklmno -j ACCEPT\n-A INPUT -i abcdefghijklmn+ -p tcp -j ACCEPT",
            Of(U, "A1", "abcdefghijklmno"), Of(T, "A2", "abcdefghijklmn"), Of(U, "Dp", "abcdefghijklmn")),
        Input("S12", "P INPUT DROP\n-A INPUT -i eth0 -d 203.0.113.1 -j ACCEPT", Of(U.To("203.0.113.1"), "A1")),
    ];

    private static IEnumerable<Fact> Protocols =>
    [
        Input("D01", "P INPUT DROP\n-A INPUT -p all -j ACCEPT", Of(U, "A1"), Of(Ip(0), "A1"), Of(Ip(253), "A1"), Of(Ip(255), "A1")),
        Input("D02", "P INPUT DROP\n-A INPUT -p 0 -j ACCEPT", Of(U, "A1")),
        Input("D03", "P INPUT DROP\n-A INPUT ! -p tcp -j ACCEPT", Of(U, "A1"), Of(T, "Dp"), Of(Gre, "A1")),
        Input("D04", "P INPUT DROP\n-A INPUT -p gre -j ACCEPT\n-A INPUT -p 50 -j ACCEPT\n-A INPUT -p sctp -j ACCEPT\n-A INPUT -p ipv6-icmp -j ACCEPT\n-A INPUT -p udplite -j ACCEPT",
            Of(Gre, "A1"), Of(Ip(50), "A2"), Of(Sctp(1, 2), "A3"), Of(Ip(58), "A4"), Of(UdpLite(1, 2), "A5"), Of(Ip(51), "Dp")),
        Forward("D05", "P FORWARD DROP\n-A FORWARD -p tcp -j ACCEPT", Of(T.Keep(0), "A1"), Of(T.Keep(3), "A1"), Of(T.Fragment(1, more: false), "A1"), Of(T.Fragment(50, more: false), "A1")),
        Forward("D06", "P FORWARD ACCEPT\n-A FORWARD -p tcp -m tcp -j DROP",
            Of(T, "D1"), Of(T.Keep(3), "Dh"), Of(T.Fragment(1, more: false), "Dh"), Of(T.Fragment(50, more: false), "Ap")),
    ];

    private static IEnumerable<Fact> Ports =>
    [
        Input("E01", "P INPUT DROP\n-A INPUT -p tcp --dport 1000:2000 -j ACCEPT\n-A INPUT -p tcp --dport :10 -j ACCEPT\n-A INPUT -p tcp --dport 65000: -j ACCEPT",
            Of(Tcp(1, 999), "Dp"), Of(Tcp(1, 1000), "A1"), Of(Tcp(1, 2000), "A1"), Of(Tcp(1, 2001), "Dp"), Of(Tcp(1, 0), "A2"), Of(Tcp(1, 10), "A2"), Of(Tcp(1, 11), "Dp"),
            Of(Tcp(1, 64_999), "Dp"), Of(Tcp(1, 65_000), "A3"), Of(Tcp(1, 65_535), "A3")),
        Input("E02", "P INPUT DROP\n-A INPUT -p tcp ! --dport 80 -j ACCEPT", Of(Tcp(1, 81), "A1"), Of(Tcp(1, 80), "Dp"), Of(Udp(1, 81), "Dp")),
        Input("E03", "P INPUT DROP\n-A INPUT -p tcp ! --dport 100:200 -j ACCEPT", Of(Tcp(1, 99), "A1"), Of(Tcp(1, 100), "Dp"), Of(Tcp(1, 200), "Dp"), Of(Tcp(1, 201), "A1")),
        Forward("E04", "P FORWARD DROP\n-A FORWARD -p tcp --dport 80 -j ACCEPT\n-A FORWARD -p tcp ! --dport 80 -j ACCEPT",
            Of(Tcp(1, 80).Fragment(50, more: false), "Dp"), Of(Tcp(1, 80).WithPayload(new byte[44]).Fragment(0, more: true), "A1")),
        Forward("E05", "P FORWARD ACCEPT\n-A FORWARD -p tcp --dport 9 -j ACCEPT",
            Of(Tcp(1, 1).Fragment(1, more: false), "Dh"), Of(Tcp(1, 1).Fragment(2, more: false), "Ap"), Of(Udp(1, 1).Fragment(1, more: false), "Ap")),
        Forward("E06", "P FORWARD ACCEPT\n-A FORWARD -p udp --dport 9 -j ACCEPT", Of(Udp(1, 1).Fragment(1, more: false), "Ap")),
        Input("E07", "P INPUT ACCEPT\n-A INPUT -p tcp --dport 9 -j ACCEPT",
            Of(Tcp(1, 1).Keep(0), "Dh"), Of(Tcp(1, 1).Keep(4), "Dh"), Of(Tcp(1, 1).Keep(19), "Dh"), Of(Tcp(1, 1), "Ap")),
        Input("E08", "P INPUT ACCEPT\n-A INPUT -p udp --dport 9 -j ACCEPT",
            Of(Udp(1, 1).Keep(0), "Dh"), Of(Udp(1, 1).Keep(4), "Dh"), Of(Udp(1, 1).Keep(7), "Dh"), Of(Udp(1, 1), "Ap")),
        Input("E09", "P INPUT ACCEPT\n-A INPUT -s 99.9.9.9 -p tcp --dport 9 -j ACCEPT", Of(T.Keep(3), "Ap")),
        Input("E10", "P INPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -p tcp --dport 9 -j ACCEPT", Of(T.Keep(3), "A1")),
        Input("E11", "P INPUT DROP\n-A INPUT -p tcp --dport 80 -j ACCEPT", Of(Tcp(1, 80).WithDataOffset(0), "A1"), Of(Tcp(1, 80).WithDataOffset(15), "A1")),
        Input("E12", "P INPUT DROP\n-A INPUT -p tcp --dport 80 -j ACCEPT\n-A INPUT -p udp --dport 53 -j ACCEPT",
            Of(Tcp(1, 80).Patched(50, 1, 2), "A1"), Of(Udp(1, 53).Patched(40, 1, 2), "A2"), Of(Udp(1, 53).Patched(38, 0, 3), "A2"), Of(Udp(1, 53).Patched(38, 39, 15), "A2")),
        Input("E13", "P INPUT DROP\n-A INPUT -p tcp --sport 1000 --dport http -j ACCEPT", Of(Tcp(1000, 80), "A1"), Of(Tcp(1001, 80), "Dp")),
        Input("E14", "P INPUT DROP\n-A INPUT -p udp --dport 53 -j ACCEPT",
            Of(Udp(1, 53).WithIPOptions(7, 7, 4, 0, 0, 0, 0), "A1"), Of(Udp(1, 53).WithIPOptions(Enumerable.Repeat((byte)1, 40).ToArray()), "A1")),
        Forward("E15", "P FORWARD DROP\n-A FORWARD -p udp --dport 53 -j ACCEPT", Of(Udp(1, 53).Fragment(0, more: true), "A1")),
    ];

    private static IEnumerable<Fact> Flags =>
    [
        Input("E20", "P INPUT DROP\n-A INPUT -p tcp --syn -j ACCEPT",
            Of(T.WithFlags("S"), "A1"), Of(T.WithFlags("SA"), "Dp"), Of(T.WithFlags("SF"), "Dp"), Of(T.WithFlags("SR"), "Dp"), Of(T.WithFlags("SP"), "A1"), Of(T.WithFlags("SU"), "A1"),
            Of(T.WithFlags("SE"), "A1"), Of(T.WithFlags("SEC"), "A1"), Of(T.WithFlags("A"), "Dp"), Of(T.WithFlags("R"), "Dp")),
        Input("E21", "P INPUT DROP\n-A INPUT -p tcp ! --syn -j ACCEPT", Of(T.WithFlags("S"), "Dp"), Of(T.WithFlags("SA"), "A1"), Of(T.WithFlags(""), "A1"), Of(U, "Dp")),
        Input("E22", "P INPUT DROP\n-A INPUT -p tcp --tcp-flags ALL NONE -j ACCEPT",
            Of(T.WithFlags(""), "A1"), Of(T.WithFlags("E"), "A1"), Of(T.WithFlags("EC"), "A1"), Of(T.WithFlags("F"), "Dp")),
        Input("E23", "P INPUT DROP\n-A INPUT -p tcp --tcp-flags ALL ALL -j ACCEPT", Of(T.WithFlags("FSRPAU"), "A1"), Of(T.WithFlags("FSRPAUEC"), "A1"), Of(T.WithFlags("FSRPA"), "Dp")),
        Input("E24", "P INPUT DROP\n-A INPUT -p tcp ! --tcp-flags SYN,ACK SYN -j ACCEPT", Of(T.WithFlags("S"), "Dp"), Of(T.WithFlags("SA"), "A1"), Of(T.WithFlags(""), "A1")),
        Input("E25", "P INPUT DROP\n-A INPUT -p tcp --dport 1 --tcp-flags NONE NONE -j ACCEPT\n-A INPUT -p tcp --dport 2 --tcp-flags SYN ACK -j ACCEPT",
            Of(Tcp(1, 1), "A1"), Of(Tcp(1, 2).WithFlags("A"), "Dp"), Of(Tcp(1, 2).WithFlags("SA"), "Dp")),
        Input("E26", "P INPUT ACCEPT\n-A INPUT -p tcp --syn -j DROP", Of(T.Keep(13), "Dh"), Of(T.Keep(19), "Dh")),
        Input("E27", "P INPUT DROP\n-A INPUT -p tcp --tcp-option 2 -j ACCEPT",
            Of(T.WithTcpOptions(2, 4, 5, 180), "A1"), Of(T.WithTcpOptions(1, 2, 4, 5, 180), "A1"), Of(T, "Dp"), Of(T.WithTcpOptions(0, 2, 4, 5, 180), "A1"), Of(T.WithTcpOptions(8, 0, 2, 4), "A1")),
        Input("E28", "P INPUT ACCEPT\n-A INPUT -p tcp --tcp-option 2 -j ACCEPT", Of(T.WithDataOffset(4), "Dh"), Of(T.WithDataOffset(15), "Dh"), Of(T, "Ap")),
        Input("E29", "P INPUT DROP\n-A INPUT -p tcp ! --tcp-option 2 -j ACCEPT", Of(T.WithTcpOptions(2, 4, 5, 180), "Dp"), Of(T, "A1")),
    ];

    private static IEnumerable<Fact> Transports =>
    [
        Input("E40", "P INPUT DROP\n-A INPUT -p tcp -m multiport --dports 22,80,1000:1005 -j ACCEPT",
            Of(Tcp(1, 22), "A1"), Of(Tcp(1, 80), "A1"), Of(Tcp(1, 81), "Dp"), Of(Tcp(1, 999), "Dp"), Of(Tcp(1, 1000), "A1"), Of(Tcp(1, 1005), "A1"), Of(Tcp(1, 1006), "Dp")),
        Input("E41", "P INPUT DROP\n-A INPUT -p udp -m multiport --ports 53,123 -j ACCEPT", Of(Udp(1000, 53), "A1"), Of(Udp(123, 1000), "A1"), Of(Udp(1000, 1001), "Dp")),
        Input("E42", "P INPUT DROP\n-A INPUT -p udp -m multiport ! --dports 53,100:200 -j ACCEPT", Of(Udp(1, 53), "Dp"), Of(Udp(1, 150), "Dp"), Of(Udp(1, 54), "A1")),
        Input("E43", "P INPUT DROP\n-A INPUT -p udp -m multiport ! --ports 53,1000 -j ACCEPT", Of(Udp(1000, 54), "Dp"), Of(Udp(1001, 53), "Dp"), Of(Udp(1001, 54), "A1")),
        Forward("E44", "P FORWARD DROP\n-A FORWARD -p tcp -m multiport --dports 80 -j ACCEPT\n-A FORWARD -p tcp -m multiport ! --dports 81 -j ACCEPT",
            Of(Tcp(1, 80).Fragment(50, more: false), "Dp"), Of(Tcp(1, 80).Fragment(1, more: false), "Dp"), Of(Tcp(1, 80).Keep(3), "Dh"), Of(Tcp(1, 80).Keep(4), "A1"), Of(Tcp(1, 82).Keep(4), "A2")),
        Input("E45", "P INPUT DROP\n-A INPUT -p sctp -m multiport --dports 80 -j ACCEPT\n-A INPUT -p udplite -m multiport --dports 80 -j ACCEPT\n-A INPUT -p dccp -m multiport --dports 80 -j ACCEPT",
            Of(Sctp(1, 80), "A1"), Of(UdpLite(1, 80), "A2"), Of(Dccp(1, 80, 0), "A3"), Of(Sctp(1, 81), "Dp")),
        Input("E46", "P INPUT DROP\n-A INPUT -p tcp -m multiport --dports 80,81 -m tcp --syn -j ACCEPT", Of(Tcp(1, 80), "A1"), Of(Tcp(1, 80).WithFlags("A"), "Dp"), Of(Tcp(1, 82), "Dp")),
        Input("E50", """
            P INPUT DROP
            -A INPUT -p sctp --dport 80 --chunk-types any INIT,DATA -j ACCEPT
            -A INPUT -p sctp --dport 81 --chunk-types all INIT,DATA -j ACCEPT
            -A INPUT -p sctp --dport 82 --chunk-types only INIT -j ACCEPT
            -A INPUT -p sctp --dport 83 -j ACCEPT
            """,
            Of(Sctp(1, 80, 1, 0, 0, 4), "A1"), Of(Sctp(1, 80, 3, 0, 0, 4), "Dp"), Of(Sctp(1, 81, 1, 0, 0, 4), "Dp"), Of(Sctp(1, 81, 0, 0, 0, 4, 1, 0, 0, 4), "A2"),
            Of(Sctp(1, 82, 1, 0, 0, 4, 0, 0, 0, 4), "Dp"), Of(Sctp(1, 82, 1, 0, 0, 4), "A3"), Of(Sctp(1, 83, 1, 0, 0, 4).Patched(42, 9, 9, 9, 9), "A4"), Of(Sctp(1, 83).Keep(11), "Dh")),
        Input("E50 negated", "P INPUT ACCEPT\n-A INPUT -p sctp ! --chunk-types any INIT -m length --length 0:35", Of(Sctp(1, 80), "Dh"), Of(Sctp(1, 80, 3, 0, 0, 0), "Dh"), Of(Sctp(1, 80, 3, 0, 0, 4), "Ap")),
        Input("E51", "P INPUT DROP\n-A INPUT -p dccp --dport 80 --dccp-types REQUEST -j ACCEPT", Of(Dccp(1, 80, 0), "A1"), Of(Dccp(1, 80, 1), "Dp")),
        Input("E51 types", "P INPUT DROP\n-A INPUT -p dccp --dccp-types INVALID -j ACCEPT", Of(Dccp(1, 80, 9), "Dp"), Of(Dccp(1, 80, 10), "A1"), Of(Dccp(1, 80, 15), "A1")),
        Input("E52", "P INPUT DROP\n-A INPUT -p esp -m esp --espspi 100:200 -j ACCEPT\n-A INPUT -p ah -m ah --ahspi 100:200 -j ACCEPT",
            Of(Ip(50, 0, 0, 0, 100, 0, 0, 0, 1), "A1"), Of(Ip(50, 0, 0, 0, 201, 0, 0, 0, 1), "Dp"), Of(Ip(50, 0, 0, 0, 100, 0, 0, 0), "Dh"),
            Of(Ip(51, 59, 4, 0, 0, 0, 0, 0, 200, 0, 0, 0, 1), "A2"), Of(Ip(51, 59, 4, 0, 0, 0, 0, 0, 99, 0, 0, 0, 1), "Dp")),
    ];

    private static IEnumerable<Fact> IcmpTypes =>
    [
        Input("F01", "P INPUT DROP\n-A INPUT -p icmp --icmp-type 3 -j ACCEPT\n-A INPUT -p icmp --icmp-type 8/0 -j ACCEPT\n-A INPUT -p icmp --icmp-type ttl-zero-during-transit -j ACCEPT",
            Of(Icmp(3), "A1"), Of(Icmp(3, 13), "A1"), Of(Icmp(8), "A2"), Of(Icmp(8, 1), "Dp"), Of(Icmp(11), "A3"), Of(Icmp(11, 1), "Dp"), Of(Icmp(0), "Dp")),
        Input("F02", "P INPUT DROP\n-A INPUT -p icmp ! --icmp-type 8 -j ACCEPT", Of(Icmp(8), "Dp"), Of(Icmp(0), "A1"), Of(U, "Dp")),
        Input("F03", "P INPUT DROP\n-A INPUT -p icmp --icmp-type any -j ACCEPT", Of(Icmp(8), "A1"), Of(Icmp(255), "A1")),
        Input("F04", "P INPUT ACCEPT\n-A INPUT -p icmp --icmp-type any -j ACCEPT",
            Of(I.Keep(0), "Dh"), Of(I.Keep(2), "Dh"), Of(I.Keep(4), "Dh"), Of(I.Keep(7), "Dh"), Of(I, "A1")),
        Forward("F05", "P FORWARD DROP\n-A FORWARD -p icmp --icmp-type any -j ACCEPT\n-A FORWARD -p icmp ! --icmp-type 8 -j ACCEPT\n-A FORWARD -s 10.0.0.3 -p icmp -j ACCEPT",
            Of(I.Fragment(1, more: false), "Dp"), Of(I.Fragment(1, more: false).From("10.0.0.3"), "A3")),
        Input("F06", "P INPUT DROP\n-A INPUT -p icmp --icmp-type 255 -j ACCEPT", Of(Icmp(8), "A1"), Of(Icmp(255), "A1")),
    ];

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(i => $"{line(i)}\n"));
}
