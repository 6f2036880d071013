using Firewall.Rules.Evaluation;
using Firewall.Rules.Packets;

namespace Firewall.Rules.Tests.Evaluation;

/// <summary>What the kernel was measured to do with single packets (reference/semantics.md), rule by rule.</summary>
public sealed class MeasuredFacts
{
    private const GuardOutcome Match = GuardOutcome.Match, NoMatch = GuardOutcome.NoMatch, Hotdrop = GuardOutcome.Hotdrop;

    private static readonly Packet Http = Packet.Tcp(1000, 80);
    private static readonly Packet Http6 = Packet.Tcp6(1000, 80);
    private static readonly Packet Later4 = Packet.Ip(6, new byte[64]).Fragment(50, more: false);

    private sealed record Fact(string Id, string Rule, Packet Packet, GuardOutcome Outcome, bool Forwarded = false);

    private static readonly Fact[] Ports =
    [
        .. Each("E01", "-p tcp --dport 1000:2000", port => Packet.Tcp(1, port), (999, NoMatch), (1000, Match), (2000, Match), (2001, NoMatch)),
        .. Each("E01", "-p tcp --dport :10", port => Packet.Tcp(1, port), (0, Match), (10, Match), (11, NoMatch)),
        .. Each("E01", "-p tcp --dport 65000:", port => Packet.Tcp(1, port), (64999, NoMatch), (65000, Match), (65535, Match)),
        new("E02", "-p tcp ! --dport 80", Packet.Tcp(1, 81), Match),
        new("E02", "-p tcp ! --dport 80", Http, NoMatch),
        new("E02", "-p tcp ! --dport 80", Packet.Udp(1, 81), NoMatch),
        .. Each("E03", "-p tcp ! --dport 100:200", port => Packet.Tcp(1, port), (99, Match), (100, NoMatch), (200, NoMatch), (201, Match)),
        new("E04", "-p tcp --dport 80", Later4, NoMatch, Forwarded: true),
        new("E04", "-p tcp ! --dport 80", Later4, NoMatch, Forwarded: true),
        new("E04", "-p tcp --dport 80", Packet.Tcp(1, 80).WithPayload(new byte[44]).Fragment(0, more: true), Match, Forwarded: true),
        new("E05", "-p tcp --dport 9", Packet.Ip(6, new byte[20]).Fragment(1, more: true), Hotdrop, Forwarded: true),
        new("E05", "-p tcp --dport 9", Packet.Ip(6, new byte[20]).Fragment(2, more: true), NoMatch, Forwarded: true),
        new("E06", "-p udp --dport 9", Packet.Ip(17, new byte[20]).Fragment(1, more: true), NoMatch, Forwarded: true),
        .. Each("E07", "-p tcp --dport 9", bytes => Http.Keep(bytes), (0, Hotdrop), (4, Hotdrop), (19, Hotdrop), (20, NoMatch)),
        .. Each("E08", "-p udp --dport 9", bytes => Packet.Udp(1, 2).Keep(bytes), (0, Hotdrop), (4, Hotdrop), (7, Hotdrop), (8, NoMatch)),
        new("E09", "-s 99.9.9.9 -p tcp --dport 9", Http.Keep(3), NoMatch),
        new("E11", "-p tcp --dport 80", Http.WithDataOffset(0), Match),
        new("E11", "-p tcp --dport 80", Http.WithDataOffset(15), Match),
        new("E12", "-p tcp --dport 80", Http.Patched(50, 0xde, 0xad), Match),
        new("E12", "-p udp --dport 53", Packet.Udp(1, 53).Patched(38, 0x27, 0x0f), Match),
        new("E13", "-p tcp --sport 1000 --dport http", Http, Match),
        new("E13", "-p tcp --sport 1000 --dport http", Packet.Tcp(1001, 80), NoMatch),
        new("E14", "-p udp --dport 53", Packet.Udp(1, 53).WithIPOptions(7, 7, 4, 0, 0, 0, 0), Match),
        new("E14", "-p udp --dport 53", Packet.Udp(1, 53).WithIPOptions([.. Enumerable.Repeat((byte)1, 40)]), Match),
        new("E15", "-p udp --dport 53", Packet.Udp(1, 53).Fragment(0, more: true), Match, Forwarded: true),
    ];

    private static readonly Fact[] Flags =
    [
        .. WithFlags("E20", "-p tcp --syn", ("S", Match), ("SA", NoMatch), ("SF", NoMatch), ("SR", NoMatch), ("SP", Match), ("SU", Match), ("SE", Match), ("SEC", Match), ("A", NoMatch), ("R", NoMatch)),
        .. WithFlags("E21", "-p tcp ! --syn", ("S", NoMatch), ("SA", Match), ("", Match)),
        .. WithFlags("E22", "-p tcp --tcp-flags ALL NONE", ("", Match), ("E", Match), ("CE", Match), ("F", NoMatch)),
        .. WithFlags("E23", "-p tcp --tcp-flags ALL ALL", ("FSRPAU", Match), ("FSRPAUEC", Match), ("FSRPA", NoMatch)),
        .. WithFlags("E24", "-p tcp ! --tcp-flags SYN,ACK SYN", ("S", NoMatch), ("SA", Match), ("", Match)),
        .. WithFlags("E25", "-p tcp --tcp-flags NONE NONE", ("S", Match)),
        .. WithFlags("E25", "-p tcp --tcp-flags SYN ACK", ("A", NoMatch), ("SA", NoMatch)),
        new("E26", "-p tcp --syn", Http.Keep(13), Hotdrop),
        new("E27", "-p tcp --tcp-option 2", Http.WithTcpOptions(2, 4, 5, 0xb4), Match),
        new("E27", "-p tcp --tcp-option 2", Http.WithTcpOptions(1, 2, 4, 5, 0xb4), Match),
        new("E27", "-p tcp --tcp-option 2", Http, NoMatch),
        new("E27", "-p tcp --tcp-option 2", Http.WithTcpOptions(0, 2, 4, 5, 0xb4), Match),
        new("E27", "-p tcp --tcp-option 2", Http.WithTcpOptions(8, 0, 2, 4, 5, 0xb4), Match),
        new("E28", "-p tcp --tcp-option 2", Http.WithDataOffset(4), Hotdrop),
        new("E28", "-p tcp --tcp-option 2", Http.WithDataOffset(15), Hotdrop),
        new("E28", "-p tcp --tcp-option 2", Http.WithDataOffset(5), NoMatch),
        new("E29", "-p tcp ! --tcp-option 2", Http.WithTcpOptions(2, 4, 5, 0xb4), NoMatch),
        new("E29", "-p tcp ! --tcp-option 2", Http, Match),
    ];

    private static readonly Fact[] OtherTransports =
    [
        .. Each("E40", "-p tcp -m multiport --dports 22,80,1000:1005", port => Packet.Tcp(1, port), (22, Match), (80, Match), (81, NoMatch), (999, NoMatch), (1000, Match), (1005, Match), (1006, NoMatch)),
        new("E41", "-p udp -m multiport --ports 53,123", Packet.Udp(1000, 53), Match),
        new("E41", "-p udp -m multiport --ports 53,123", Packet.Udp(123, 1000), Match),
        new("E41", "-p udp -m multiport --ports 53,123", Packet.Udp(1000, 1001), NoMatch),
        .. Each("E42", "-p udp -m multiport ! --dports 53,100:200", port => Packet.Udp(1, port), (53, NoMatch), (150, NoMatch), (54, Match)),
        new("E43", "-p udp -m multiport ! --ports 53,1000", Packet.Udp(1000, 54), NoMatch),
        new("E43", "-p udp -m multiport ! --ports 53,1000", Packet.Udp(1001, 53), NoMatch),
        new("E43", "-p udp -m multiport ! --ports 53,1000", Packet.Udp(1001, 54), Match),
        new("E44", "-p tcp -m multiport ! --dports 81", Later4, NoMatch, Forwarded: true),
        new("E44", "-p tcp -m multiport --dports 80", Http.Keep(3), Hotdrop, Forwarded: true),
        new("E44", "-p tcp -m multiport --dports 80", Http.Keep(4), Match, Forwarded: true),
        new("E45", "-p sctp -m multiport --dports 80", Packet.Sctp(1, 80), Match),
        new("E45", "-p udplite -m multiport --dports 80", Packet.UdpLite(1, 80), Match),
        new("E45", "-p dccp -m multiport --dports 80", Packet.Dccp(1, 80, 0), Match),
        new("E45", "-p sctp -m multiport --dports 80", Packet.Sctp(1, 81), NoMatch),
        new("E46", "-p tcp -m multiport --dports 80,81 -m tcp --syn", Http, Match),
        new("E46", "-p tcp -m multiport --dports 80,81 -m tcp --syn", Http.WithFlags("A"), NoMatch),
        new("E50", "-p sctp --dport 80 --chunk-types any INIT,DATA", Packet.Sctp(1, 80, 1, 0, 0, 4), Match),
        new("E50", "-p sctp --dport 80 --chunk-types any INIT,DATA", Packet.Sctp(1, 80, 3, 0, 0, 4), NoMatch),
        new("E50", "-p sctp --dport 81 --chunk-types all INIT,DATA", Packet.Sctp(1, 81, 1, 0, 0, 4), NoMatch),
        new("E50", "-p sctp --dport 81 --chunk-types all INIT,DATA", Packet.Sctp(1, 81, 0, 0, 0, 4, 1, 0, 0, 4), Match),
        new("E50", "-p sctp --dport 82 --chunk-types only INIT", Packet.Sctp(1, 82, 1, 0, 0, 4, 0, 0, 0, 4), NoMatch),
        new("E50", "-p sctp --dport 82 --chunk-types only INIT", Packet.Sctp(1, 82, 1, 0, 0, 4), Match),
        new("E50", "-p sctp --dport 83", Packet.Sctp(1, 83).Keep(11), Hotdrop),
        new("E51", "-p dccp --dport 80 --dccp-types REQUEST", Packet.Dccp(1, 80, 0), Match),
        new("E51", "-p dccp --dport 80 --dccp-types REQUEST", Packet.Dccp(1, 80, 1), NoMatch),
        new("E52", "-p esp -m esp --espspi 100:200", Packet.Ip(50, 0, 0, 0, 100, 0, 0, 0, 1), Match),
        new("E52", "-p esp -m esp --espspi 100:200", Packet.Ip(50, 0, 0, 0, 201, 0, 0, 0, 1), NoMatch),
        new("E52", "-p esp -m esp --espspi 100:200", Packet.Ip(50, 0, 0, 0, 100, 0, 0, 0), Hotdrop),
        new("F01", "-p icmp --icmp-type 3", Packet.Icmp(3, 13), Match),
        new("F01", "-p icmp --icmp-type 8/0", Packet.Icmp(8), Match),
        new("F01", "-p icmp --icmp-type 8/0", Packet.Icmp(8, 1), NoMatch),
        new("F01", "-p icmp --icmp-type ttl-zero-during-transit", Packet.Icmp(11, 1), NoMatch),
        new("F02", "-p icmp ! --icmp-type 8", Packet.Icmp(8), NoMatch),
        new("F02", "-p icmp ! --icmp-type 8", Packet.Icmp(0), Match),
        new("F03", "-p icmp --icmp-type any", Packet.Icmp(255), Match),
        .. Each("F04", "-p icmp --icmp-type any", bytes => Packet.Icmp(8).Keep(bytes), (0, Hotdrop), (2, Hotdrop), (4, Hotdrop), (7, Hotdrop), (8, Match)),
        new("F05", "-p icmp --icmp-type any", Packet.Ip(1, new byte[8]).Fragment(1, more: true), NoMatch, Forwarded: true),
        new("F05", "-p icmp ! --icmp-type 8", Packet.Ip(1, new byte[8]).Fragment(1, more: true), NoMatch, Forwarded: true),
        new("F05", "-p icmp", Packet.Ip(1, new byte[8]).Fragment(1, more: true), Match, Forwarded: true),
        new("F06", "-p icmp --icmp-type 255", Packet.Icmp(8), Match),
    ];

    private static readonly Fact[] Values =
    [
        new("G03", "-f", Packet.Udp(1, 2).Fragment(0, more: true), NoMatch, Forwarded: true),
        new("G03", "-f", Later4, Match, Forwarded: true),
        new("G04", "! -f", Packet.Udp(1, 2).Fragment(0, more: true), Match, Forwarded: true),
        new("G04", "! -f", Later4, NoMatch, Forwarded: true),
        new("G13", "-p tcp -f", Later4, Match, Forwarded: true),
        new("G14", "! -f -p udp --dport 53", Packet.Udp(1, 53).Patched(20, 0xc0), Match, Forwarded: true),
        .. Each("H01", "-p udp -m length --length 30:40", bytes => Packet.Udp(1, 2).WithPayload(new byte[bytes - 28]), (29, NoMatch), (30, Match), (40, Match), (41, NoMatch)),
        new("H02", "-m length --length 40:", Packet.Udp(1, 2), NoMatch),
        .. Each("H03", "-m ttl --ttl-eq 10", ttl => Http.WithTtl((byte)ttl), (9, NoMatch), (10, Match), (11, NoMatch)),
        .. Each("H03", "-m ttl --ttl-lt 10", ttl => Http.WithTtl((byte)ttl), (9, Match), (10, NoMatch), (11, NoMatch)),
        .. Each("H03", "-m ttl --ttl-gt 10", ttl => Http.WithTtl((byte)ttl), (9, NoMatch), (10, NoMatch), (11, Match)),
        .. Each("H03", "-m ttl ! --ttl-eq 10", ttl => Http.WithTtl((byte)ttl), (9, Match), (10, NoMatch), (11, Match)),
        .. Each("H04", "-m dscp --dscp 0x2e", tos => Http.WithTos((byte)tos), (0xb8, Match), (0xbb, Match), (0xb4, NoMatch)),
        .. Each("H04", "-m dscp ! --dscp 0", tos => Http.WithTos((byte)tos), (3, NoMatch), (4, Match)),
        .. Each("H05", "-m tos --tos 0x10/0x3f", tos => Http.WithTos((byte)tos), (0xd0, Match), (0x10, Match), (0x11, NoMatch)),
        .. Each("H05", "-m tos --tos 0x10", tos => Http.WithTos((byte)tos), (0xd0, NoMatch), (0x10, Match)),
        .. Each("H05", "-m tos --tos Minimize-Delay", tos => Http.WithTos((byte)tos), (0xd0, Match), (0x11, NoMatch)),
        .. Each("H06", "-m ecn --ecn-ip-ect 3", tos => Http.WithTos((byte)tos), (3, Match), (2, NoMatch)),
        new("H06", "-p tcp -m ecn --ecn-tcp-cwr", Http.WithFlags("C"), Match),
        new("H06", "-p tcp -m ecn ! --ecn-tcp-ece --ecn-ip-ect 1", Http.WithFlags("E").WithTos(1), NoMatch),
        new("H07", "-m mac ! --mac-source 02:00:00:00:00:99", Http, Match),
        .. Each("H08", "-m iprange --src-range 10.0.0.5-10.0.0.9", last => Http.From($"10.0.0.{last}"), (4, NoMatch), (5, Match), (9, Match), (10, NoMatch)),
        new("H09", "-m pkttype --pkt-type multicast", Packet.Icmp(8).WithDestinationMac(1, 0, 0x5e, 0, 0, 1), Match),
        new("H09", "-m pkttype --pkt-type multicast", Packet.Icmp(8).To("224.0.0.1"), NoMatch),
        new("H20", "-m comment --comment \"-j DROP ! -s\" -m mark --mark 0x0", Http, Match),
        new("S02", "-m length --length 28", Packet.Udp(1, 2).Padded(18), Match),
        new("S04", "-m ttl --ttl-eq 64", Http, NoMatch, Forwarded: true),
        new("S04", "-m ttl --ttl-eq 64", Http.WithTtl(65), Match, Forwarded: true),
        new("S06", "-p tcp --dport 80", Http.WithTag(0, priority: 3), Match),
        new("S06", "-p tcp --dport 80", Http.WithTag(0, type: 0x88a8).WithTag(0), Match),
    ];

    private static readonly Fact[] IPv6 =
    [
        new("V01", "-p tcp --dport 80", Http6.WithHopByHop(), Match),
        new("V01", "-p tcp --dport 80", Http6.WithDestinationOptions().WithDestinationOptions(), Match),
        new("V01", "-p tcp --dport 80", Http6.WithHopByHop().WithRouting(4, 0).WithDestinationOptions(), Match),
        new("V01", "-p tcp --dport 80", Http6.WithAuthentication(1), Match),
        new("V01", "-p tcp --dport 80", Http6.Fragment(0, more: false), Match),
        new("V01", "-p tcp --dport 80", Http6.Fragment(0, more: true), Match),
        new("V02", "-p ah", Http6.WithAuthentication(1), NoMatch),
        new("V02", "-p ipv6-frag", Http6.Fragment(0, more: false), NoMatch),
        new("V02", "-p esp", Packet.Ip6(50, new byte[8]), Match),
        new("V02", "-p ipv6-nonxt", Packet.Ip6(59), Match),
        new("V02", "-p ipv6-nonxt", Packet.Ip6(59).WithDestinationOptions(), Match),
        new("V02", "-p 253", Packet.Ip6(253), Match),
        new("V03", "-p all", Packet.Ip6(60, 6, 9, 0, 0), Match),
        new("V03", "-p all", Packet.Ip6(60, 6), Hotdrop),
        new("V04", "-p udp", Packet.Ip6(60, 6), Hotdrop),
        new("V04", "! -p udp", Packet.Ip6(60, 6), Hotdrop),
        new("V04", "-p tcp", Packet.Ip6(60, 6, 9, 0, 0), Match),
        new("V04", "-s 2001:db8::3 -p udp", Packet.Ip6(60, 6), NoMatch),
        new("V04", "-p tcp", Packet.Ip6(44, 6, 0, 0, 0), Match),
        new("V04", "-p tcp", Packet.Ip6(44, 6, 0, 0), Hotdrop),
        new("V05", "! -p tcp", Http6.WithHopByHop(), NoMatch),
        new("V05", "! -p tcp", Packet.Ip6(6, new byte[8]).Fragment(9, more: false), NoMatch),
        new("V05", "! -p tcp", Packet.Ip6(59), Match),
        new("V06", "-p udp --dport 53", Packet.Udp6(1, 53).Fragment(0, more: true), Match),
        new("V06", "-p udp --dport 53", Packet.Ip6(17, new byte[8]).Fragment(9, more: false), NoMatch),
        new("V06", "-p udp", Packet.Ip6(17, new byte[8]).Fragment(9, more: false), Match),
        new("V07", "-p udp", Packet.Ip6(60, new byte[8]).Fragment(9, more: false), Hotdrop),
        new("V07", "! -p udp", Packet.Ip6(60, new byte[8]).Fragment(9, more: false), Hotdrop),
        new("V09", "-m frag --fragfirst --fragmore", Packet.Udp6(1, 2).Fragment(0, more: true), Match),
        new("V09", "-m frag --fraglast", Packet.Udp6(1, 2).Fragment(0, more: false), Match),
        new("V09", "-m frag --fragid 7", Packet.Udp6(1, 2).Fragment(3, more: true, id: 7), Match),
        new("V09", "-m frag --fraglast", Packet.Udp6(1, 2), NoMatch),
        new("V10", "-m ipv6header --header hop,dst --soft", Http6.WithHopByHop().WithRouting(4, 0).WithDestinationOptions(), Match),
        new("V10", "-m ipv6header --header dst", Packet.Udp6(1, 2).WithDestinationOptions(), NoMatch),
        new("V10", "-m ipv6header --header dst,prot", Packet.Udp6(1, 2).WithHopByHop().WithDestinationOptions(), NoMatch),
        new("V10", "-m ipv6header --header none", Packet.Ip6(59), Match),
        new("V11", "-m hbh --hbh-opts 5:2", Http6.WithHopByHop(5, 2, 0, 0), Match),
        new("V11", "-m hbh --hbh-opts 5:2", Http6.WithHopByHop(1, 4, 0, 0, 0, 0), NoMatch),
        new("V11", "-m dst --dst-len 8", Http6.WithDestinationOptions(), Match),
        new("V11", "-m rt --rt-type 0 --rt-segsleft 1", Http6.WithRouting(0, 1, "::1"), Match),
        new("V11", "-m rt ! --rt-type 4", Http6.WithRouting(4, 0), NoMatch),
        new("V11", "-m rt ! --rt-type 4", Http6, NoMatch),
        .. Each("V12", "-m hl --hl-lt 5", limit => Http6.WithTtl((byte)limit), (4, Match), (5, NoMatch)),
        new("V13", "-m hl --hl-eq 63", Http6, Match, Forwarded: true),
        new("V14", "-p icmpv6 --icmpv6-type echo-request", Packet.Icmp6(128).WithHopByHop(), Match),
        new("V14", "-p icmpv6 --icmpv6-type 1/4", Packet.Icmp6(1, 3), NoMatch),
        new("V14", "-p icmpv6 --icmpv6-type 128", Packet.Icmp6(128).Keep(4), Hotdrop),
        new("V15", "-p icmp", Packet.Icmp6(128), NoMatch),
        new("V21", "-m length --length 48", Packet.Udp6(1, 2), Match),
        new("V22", "-p tcp -m multiport --dports 80,81 -m tcp --syn", Http6.WithHopByHop().WithDestinationOptions(), Match),
        new("V23", "-p tcp --dport 9", Http6.Keep(3), Hotdrop),
        new("V23", "-p tcp --dport 9", Http6.WithDestinationOptions().Keep(19), Hotdrop),
        new("V24", "-p tcp --dport 9", Packet.Ip6(6, new byte[20]).Fragment(1, more: true), NoMatch),
        new("V24", "-p tcp --dport 9", Packet.Ip6(6, new byte[20]).Fragment(2, more: true), NoMatch),
        new("V25", "-m dscp --dscp 46", Http6.WithTos(0xbb), Match),
        new("V25", "-p tcp -m tos --tos 0x10/0xff", Http6.WithTos(0x10), Match),
        new("V27", "-m ah --ahspi 256", Http6.WithAuthentication(256), Match),
        new("V27", "-p esp -m esp --espspi 5", Packet.Ip6(50, 0, 0, 0, 6, 0, 0, 0, 1), NoMatch),
        new("V31", "-m eui64", Http6.From("2001:db8::ff:fe00:2"), Match),
        new("V31", "-m eui64", Http6, NoMatch),
    ];

    public static TheoryData<string, int> Groups()
    {
        var rows = new TheoryData<string, int>();
        foreach (var (name, facts) in Tables)
        {
            for (var i = 0; i < facts.Length; i++) { rows.Add(name, i); }
        }

        return rows;
    }

    private static Dictionary<string, Fact[]> Tables => new()
    {
        ["ports"] = Ports, ["flags"] = Flags, ["other transports"] = OtherTransports, ["values"] = Values, ["IPv6"] = IPv6,
    };

    [Theory]
    [MemberData(nameof(Groups))]
    public void The_evaluation_agrees_with_the_kernel(string group, int index)
    {
        var fact = Tables[group][index];
        var result = RuleText.Evaluate(fact.Rule, fact.Packet, fact.Forwarded);
        Assert.True(fact.Outcome == result.Outcome, $"{fact.Id}: {fact.Rule} gives {result} for {fact.Packet}");
    }

    private static IEnumerable<Fact> Each(string id, string rule, Func<ushort, Packet> packet, params (ushort Value, GuardOutcome Outcome)[] rows) =>
        rows.Select(row => new Fact(id, rule, packet(row.Value), row.Outcome));

    private static IEnumerable<Fact> WithFlags(string id, string rule, params (string Flags, GuardOutcome Outcome)[] rows) =>
        rows.Select(row => new Fact(id, rule, Http.WithFlags(row.Flags), row.Outcome));
}
