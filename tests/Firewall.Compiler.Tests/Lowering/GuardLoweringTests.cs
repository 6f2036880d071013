using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Tests.Lowering;

public sealed class GuardLoweringTests
{
    private static readonly InterfaceTest Eth0 = new(InterfaceDirection.In, "eth0", IsPrefix: false, Negated: false);
    private static readonly InterfaceTest ToEth1 = new(InterfaceDirection.Out, "eth1", IsPrefix: false, Negated: false);

    [Fact]
    public void On_the_interface_it_names_a_rule_no_longer_asks_for_it() =>
        Assert.True(Lower(Hook.Input, new() { Interface = "eth0" }, Eth0).IsUnconditional);

    [Fact]
    public void On_another_interface_the_rule_disappears() =>
        Assert.True(Lower(Hook.Input, new() { Interface = "eth1" }, Eth0).IsNever);

    [Fact]
    public void Without_an_interface_the_question_is_left_to_the_packet() =>
        Assert.Equal([new DeviceDoubt()], Lower(Hook.Input, new(), Eth0).Doubts);

    [Fact]
    public void In_INPUT_the_output_name_is_the_empty_one()
    {
        Assert.True(Lower(Hook.Input, new(), ToEth1).IsNever);
        Assert.True(Lower(Hook.Input, new(), ToEth1 with { Negated = true }).IsUnconditional);
    }

    [Fact]
    public void In_FORWARD_an_output_that_nobody_named_is_unknown() =>
        Assert.Equal(new StandingDoubt(DeferReason.OutInterface), Lower(Hook.Forward, new(), ToEth1).Standing);

    [Fact]
    public void A_plus_alone_fits_every_device_known_or_not()
    {
        var any = new InterfaceTest(InterfaceDirection.In, "", IsPrefix: true, Negated: false);
        Assert.True(Lower(Hook.Input, new(), any).IsUnconditional);
        Assert.True(Lower(Hook.Input, new(), any with { Negated = true }).IsNever);
    }

    [Fact]
    public void Where_fragments_are_deferred_the_fragment_offset_is_zero()
    {
        var fragment = Field.FragmentOffset.In(ValueSet.Between(1, 8191));
        Assert.True(Lower(Hook.Input, new(), fragment).IsNever);
        Assert.False(Lower(Hook.Forward, new(), fragment).IsNever);
        Assert.True(Lower(Hook.Forward, new() { DefragmentsIPv4 = true }, fragment).IsNever);
    }

    [Fact]
    public void A_rule_that_can_drop_malformed_packets_stays_although_it_never_matches()
    {
        var lowered = Lower(Hook.Input, new(), new HeaderGate(HeaderBase.Transport, 20, WhenMissing.Hotdrop), new Never());
        Assert.False(lowered.IsNever);
    }

    [Fact]
    public void A_connection_may_be_in_several_states_at_XDP_and_is_in_one_at_a_netfilter_hook()
    {
        var isNew = Field.TrackState.Is((uint)TrackState.New);
        Assert.Equal([new StateDoubt(1 << (int)TrackState.New)], Lower(Hook.Input, new(), isNew).Doubts);
        Assert.Empty(Lower(Hook.Input, new() { Program = ProgramKind.Netfilter }, isNew).Doubts);
    }

    [Fact]
    public void What_an_earlier_doubt_cannot_change_is_still_asked()
    {
        var lowered = Lower(Hook.Input, new(), new Unknowable(DeferReason.Socket), Field.Protocol.Is(6));
        Assert.Equal(DeferReason.Socket, lowered.Standing?.Reason);
        Assert.Contains(lowered.Stages.SelectMany(s => s.Atoms), a => a is Test);
    }

    private static LoweredGuard Lower(Hook hook, CompileOptions options, params Atom[] atoms)
    {
        var chain = new Chain(hook.ChainName(), Verdict.Accept, default, [], Declaration: null);
        return new GuardLowering(new Station(HostRules.Table, new ChainGraph(Family.IPv4, [chain]), hook, IsOwned: true), options).Lower(Guard.Of(atoms));
    }
}
