using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Rules.Tests.Evaluation;

public sealed class PacketViewTests
{
    private static readonly PacketContext Input = new();
    private static readonly PacketContext Forward = new() { Hook = Hook.Forward };

    public static TheoryData<string> Deferrals => [.. Cases.Select(c => c.Name)];

    private static readonly (string Name, PacketContext Context, Packet Packet, DeferReason? Reason)[] Cases =
    [
        ("13 bytes", Input, Packet.Tcp(1, 2).Cut(13), DeferReason.Truncated),
        ("ARP", Input, Packet.Tcp(1, 2).Patched(12, 8, 6), DeferReason.NotIp),
        ("802.3 length field", Input, Packet.Tcp(1, 2).Patched(12, 0, 40), DeferReason.NotIp),
        ("VLAN 5", Input, Packet.Tcp(1, 2).WithTag(5), DeferReason.Vlan),
        ("VLAN 5 inside a priority tag", Input, Packet.Tcp(1, 2).WithTag(0).WithTag(5), DeferReason.Vlan),
        ("three priority tags", Input, Packet.Tcp(1, 2).WithTag(0).WithTag(0).WithTag(0), DeferReason.Vlan),
        ("two priority tags", Input, Packet.Tcp(1, 2).WithTag(0, type: 0x88a8).WithTag(0), null),
        ("tag cut", Input, Packet.Tcp(1, 2).WithTag(0).Cut(17), DeferReason.Truncated),
        ("ARP in a priority tag", Input, Packet.Tcp(1, 2).WithTag(0).Patched(16, 8, 6), DeferReason.NotIp),
        ("no rules for IPv6", Input with { Families = [Family.IPv4] }, Packet.Tcp6(1, 2), DeferReason.NoRulesForFamily),
        ("no rules come before a foreign MAC", Input with { Families = [Family.IPv4], HostMac = 1 }, Packet.Tcp6(1, 2), DeferReason.NoRulesForFamily),
        ("foreign MAC", Input with { HostMac = 0x020000000009 }, Packet.Tcp(1, 2), DeferReason.Stack),
        ("our MAC", Input with { HostMac = 0x020000000001 }, Packet.Tcp(1, 2), null),
        ("broadcast MAC", Input with { HostMac = 9 }, Packet.Tcp(1, 2).WithDestinationMac(255, 255, 255, 255, 255, 255), null),
        ("19 bytes of IPv4", Input, Packet.Tcp(1, 2).Cut(33), DeferReason.Truncated),
        ("version 5", Input, Packet.Tcp(1, 2).Patched(14, 0x55), DeferReason.Stack),
        ("header length 4", Input, Packet.Tcp(1, 2).Patched(14, 0x44), DeferReason.Stack),
        ("header length beyond the end", Input, Packet.Ip(6).Patched(14, 0x4f), DeferReason.Stack),
        ("total length beyond the end", Input, Packet.Tcp(1, 2).WithLength(41), DeferReason.Stack),
        ("total length below the header's", Input, Packet.Tcp(1, 2).WithLength(19), DeferReason.Stack),
        ("total length cuts the transport header off", Input, Packet.Tcp(1, 2).WithLength(20), null),
        ("39 bytes of IPv6", Input, Packet.Tcp6(1, 2).Cut(53), DeferReason.Truncated),
        ("IPv6 version 5", Input, Packet.Tcp6(1, 2).Patched(14, 0x50), DeferReason.Stack),
        ("IPv6 payload length beyond the end", Input, Packet.Tcp6(1, 2).WithLength(21), DeferReason.Stack),
        ("jumbogram", Input, Packet.Tcp6(1, 2).WithHopByHop().WithLength(0), DeferReason.Stack),
        ("IPv6 payload length 0", Input, Packet.Tcp6(1, 2).WithLength(0), null),
        ("IPv4 first fragment in INPUT", Input, Packet.Tcp(1, 2).Fragment(0, more: true), DeferReason.Fragment),
        ("IPv4 last fragment in INPUT", Input, Packet.Tcp(1, 2).Fragment(9, more: false), DeferReason.Fragment),
        ("IPv4 fragment in FORWARD", Forward, Packet.Tcp(1, 2).Fragment(0, more: true), null),
        ("IPv4 fragment in FORWARD with reassembly", Forward with { DefragIPv4 = true }, Packet.Tcp(1, 2).Fragment(0, more: true), DeferReason.Fragment),
        ("IPv6 fragment", Input, Packet.Tcp6(1, 2).Fragment(0, more: true), null),
        ("IPv6 fragment with reassembly", Input with { DefragIPv6 = true }, Packet.Tcp6(1, 2).WithHopByHop().Fragment(9, more: false), DeferReason.Fragment),
        ("atomic fragment with reassembly", Input with { DefragIPv6 = true }, Packet.Tcp6(1, 2).Fragment(0, more: false), null),
        ("TTL 1 in INPUT", Input, Packet.Tcp(1, 2).WithTtl(1), null),
        ("TTL 1 in FORWARD", Forward, Packet.Tcp(1, 2).WithTtl(1), DeferReason.Ttl),
        ("hop limit 0 in FORWARD", Forward, Packet.Tcp6(1, 2).WithTtl(0), DeferReason.Ttl),
        ("a fragment comes before its TTL", Forward with { DefragIPv4 = true }, Packet.Tcp(1, 2).WithTtl(1).Fragment(1, more: true), DeferReason.Fragment),
    ];

    [Theory]
    [MemberData(nameof(Deferrals))]
    public void A_packet_is_deferred_for_the_right_reason(string name)
    {
        var (_, context, packet, expected) = Cases.Single(c => c.Name == name);
        var decoded = PacketView.TryDecode(packet.Frame.AsMemory(), context, out _, out var reason);
        Assert.Equal(expected, decoded ? null : reason);
    }

    [Fact]
    public void Bytes_outside_the_packet_read_as_nothing()
    {
        Assert.True(PacketView.TryDecode(Packet.Udp(1, 2).Padded(20, 0xff).Frame.AsMemory(), Input, out var view, out _));
        Assert.Equal(UInt128.Zero, view.Value(Field.Bytes(HeaderBase.Transport, 7, 2, "two bytes, one of them missing")));
        Assert.Null(view.Number(view.End, 1));
        Assert.Equal((UInt128)8, view.Value(Field.TransportLength));
    }

    [Theory]
    [InlineData(false, GuardOutcome.NoMatch)]
    [InlineData(true, GuardOutcome.Unknown)]
    public void An_unknown_device_matters_only_when_the_rest_of_the_rule_matches(bool portFits, GuardOutcome outcome)
    {
        var guard = Guard.Of(
            new InterfaceTest(InterfaceDirection.In, "eth0", IsPrefix: false, Negated: false),
            new HeaderGate(HeaderBase.Transport, 8, WhenMissing.Hotdrop),
            Field.DestinationPort.Is(portFits ? 2u : 3u));
        Assert.True(PacketView.TryDecode(Packet.Udp(1, 2).Frame.AsMemory(), Input, out var view, out _));
        Assert.Equal(outcome, GuardEvaluator.EvaluateAlone(guard, view).Outcome);
    }

    [Fact]
    public void The_output_device_of_INPUT_is_the_empty_name()
    {
        Assert.True(PacketView.TryDecode(Packet.Udp(1, 2).Frame.AsMemory(), Input with { OutInterface = "eth1" }, out var view, out _));
        Assert.Equal(GuardOutcome.NoMatch, GuardEvaluator.EvaluateAlone(Guard.Of(new InterfaceTest(InterfaceDirection.Out, "eth1", false, false)), view).Outcome);
        Assert.Equal(GuardOutcome.Match, GuardEvaluator.EvaluateAlone(Guard.Of(new InterfaceTest(InterfaceDirection.Out, "eth1", false, true)), view).Outcome);
        Assert.Equal(GuardOutcome.Match, GuardEvaluator.EvaluateAlone(Guard.Of(new InterfaceTest(InterfaceDirection.Out, "", true, false)), view).Outcome);
    }
}
