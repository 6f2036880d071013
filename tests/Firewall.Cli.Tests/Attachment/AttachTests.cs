using Firewall.Cli.Attachment;
using Firewall.Compiler;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;
using Firewall.Kernel.TestRun;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>Attaching, on the running kernel: what passes, what is counted, and that a refusal changes nothing.</summary>
public sealed class AttachTests
{
    internal const string NameServer = """
        :INPUT DROP
        :u -
        -A INPUT -p udp -m udp --dport 53 -j ACCEPT
        -A INPUT -p tcp -j u
        -A u -p tcp -m tcp --dport 22 -j ACCEPT
        """;

    [SkippableTheory]
    [InlineData(XdpMode.Native)]
    [InlineData(XdpMode.Generic)]
    public void Traffic_is_filtered_and_counted_as_the_rules_say_until_detached(XdpMode mode)
    {
        using var host = new GuardedHost();
        var outcome = host.Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)) with { Mode = mode });
        Assert.Equal(mode == XdpMode.Native ? "native" : "generic", outcome.Note.Mode);
        Assert.Equal(outcome.ProgramId, Assert.Single(host.Xdp.Programs).Program);

        Assert.True(host.Lets(Frames.UdpTo(53)));
        Assert.True(host.Lets(Frames.UdpTo(53)));
        Assert.False(host.Lets(Frames.UdpTo(54)));
        Assert.True(host.Lets(Frames.TcpTo(22)));
        Assert.False(host.Lets(Frames.TcpTo(23)));
        Assert.Equal([2UL, 2UL, 2UL], host.Packets());
        Assert.Equal([1UL], host.Packets("u"));
        var udp = host.Counters().Families[0].Chains[0].Rules[0];
        Assert.Equal((56UL, 4), (udp.Counters.Bytes, udp.Rule.Line));

        Assert.True(host.Detach().WasAttached);
        Assert.True(host.Lets(Frames.UdpTo(54)));
        Assert.True(host.Xdp.IsEmpty);
        Assert.False(Directory.Exists(host.Pins.Directory));
    }

    /// <summary>Here frames come in by the driver's own queue, after <c>Send</c> has returned.</summary>
    [SkippableFact]
    public void A_virtual_cable_filters_natively()
    {
        KernelRequired.Tools("ip");
        using var cable = new VethPair();
        using var bpffs = new PrivateBpffs();
        cable.Here.Run(() => new Attacher(bpffs.Root, TimeProvider.System).Attach(GuardedHost.Request(GuardedHost.Policy(NameServer))));
        Assert.NotNull(cable.Interface.Xdp.Native);
        using var passed = cable.Here.Run(() => new PassedFrames(cable.Interface.Index, Frames.Sender));
        using var firewall = PinnedFirewall.Open(bpffs.Root, cable.Here.Inode, "eth0");
        for (var port = 50; port < 60; port++) { cable.Send(Frames.UdpTo(port)); }
        Assert.True(SpinWait.SpinUntil(() => CounterReading.Of(firewall).Families[0].Chains[0].Policy.Packets == 9, TimeSpan.FromSeconds(10)));
        Assert.True(SpinWait.SpinUntil(() => passed.Count() == 1, TimeSpan.FromSeconds(10)));
        Assert.Equal(0, passed.Count());
        Assert.Equal(1UL, CounterReading.Of(firewall).Families[0].Chains[0].Rules[0].Counters.Packets);
    }

    [SkippableFact]
    public void Native_mode_is_tried_first_and_a_fall_back_is_explained()
    {
        using var host = new GuardedHost("link add br0 type bridge");
        Assert.Null(host.Attach(NameServer).NativeRefusal);
        var outcome = host.Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)) with { Interface = "br0" });
        Assert.Equal("generic", outcome.Note.Mode);
        Assert.Contains("no native XDP", outcome.NativeRefusal, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Both_families_are_judged_when_both_have_rules()
    {
        using var host = new GuardedHost();
        host.Attach(GuardedHost.Request(
            GuardedHost.Policy(NameServer),
            GuardedHost.Policy(":INPUT DROP\n-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT", Rules.Meaning.Family.IPv6)));
        Assert.True(host.Lets(Frames.Ipv6(Frames.Tcp, Frames.TcpHeader(80))));
        Assert.False(host.Lets(Frames.Ipv6(Frames.Tcp, Frames.TcpHeader(22))));
        Assert.True(host.Lets(Frames.TcpTo(22)));
        Assert.Equal([1UL, 1UL], host.Packets(family: Rules.Meaning.Family.IPv6));
    }

    [SkippableFact]
    public void A_rule_about_the_interface_is_decided_for_this_one()
    {
        using var host = new GuardedHost();
        host.Attach(":INPUT DROP\n-A INPUT -i eth1 -j ACCEPT\n-A INPUT -i eth+ -p udp -j ACCEPT");
        Assert.True(host.Lets(Frames.UdpTo(9)));
        Assert.False(host.Lets(Frames.TcpTo(9)));
        Assert.Equal([0UL, 1UL, 1UL], host.Packets());
    }

    [SkippableFact]
    public void A_second_firewall_is_refused_with_the_id_of_the_first_which_stays()
    {
        using var host = new GuardedHost();
        var first = host.Attach(NameServer);
        var refusal = Assert.Throws<CommandFailedException>(() => host.Attach(":INPUT ACCEPT"));
        Assert.Equal(ExitCode.KernelRefused, refusal.Code);
        Assert.Contains($"program {first.ProgramId}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(first.ProgramId, Assert.Single(host.Xdp.Programs).Program);
        Assert.False(host.Lets(Frames.UdpTo(54)));
        Assert.Equal([0UL, 0UL, 1UL], host.Packets());
    }

    [SkippableTheory]
    [InlineData(XdpMode.Native)]
    [InlineData(XdpMode.Generic)]
    public void Where_a_stranger_runs_a_program_its_id_is_told_and_nothing_changes(XdpMode mode)
    {
        using var host = new GuardedHost();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass, "stranger"));
        using var link = host.Space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("eth0"), mode));
        var refusal = Assert.Throws<AlreadyAttachedException>(() => host.Attach(NameServer));
        Assert.Equal(loaded.Entry.Id, refusal.ProgramId);
        Assert.Contains($"stranger (id {loaded.Entry.Id}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(loaded.Entry.Id, Assert.Single(host.Xdp.Programs).Program);
        Assert.False(Directory.Exists(host.Pins.Directory));

        var detach = Assert.Throws<CommandFailedException>(() => host.Detach());
        Assert.Contains($"id {loaded.Entry.Id}", detach.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void When_pinning_fails_nothing_stays_attached()
    {
        using var host = new GuardedHost();
        var notBpffs = Directory.CreateTempSubdirectory("fwc-attach-").FullName;
        try
        {
            var pins = new PinRoot($"{notBpffs}/fwc");
            Assert.ThrowsAny<KernelException>(() => host.Space.Run(() => new Attacher(pins, TimeProvider.System).Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)))));
            Assert.True(host.Xdp.IsEmpty);
            Assert.Empty(Directory.EnumerateFileSystemEntries(notBpffs));
        }
        finally
        {
            Directory.Delete(notBpffs, recursive: true);
        }
    }

    [SkippableFact]
    public void Rules_beyond_the_limits_are_refused_before_anything_is_loaded()
    {
        using var host = new GuardedHost();
        var rules = string.Concat(Enumerable.Repeat("\n-A INPUT -p tcp -j ACCEPT", 4001));
        Assert.Throws<BudgetExceededException>(() => host.Attach($":INPUT DROP{rules}"));
        Assert.True(host.Xdp.IsEmpty);
        Assert.False(Directory.Exists(host.Pins.Directory));
    }

    [SkippableFact]
    public void An_unknown_interface_is_told()
    {
        using var host = new GuardedHost();
        Assert.Throws<MissingException>(() => host.Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)) with { Interface = "eth9" }));
        Assert.Throws<MissingException>(() => host.Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)) with
        {
            Hook = Hook.Forward, Options = new() { OutInterface = "eth9" },
        }));
    }

    [SkippableTheory]
    [InlineData("link add br0 type bridge\nlink set eth0 master br0", "attach to br0 instead")]
    [InlineData("link add mac0 link eth0 type macvlan", "attach to mac0 instead")]
    public void Where_other_devices_take_the_frames_the_remedy_is_named(string furniture, string remedy)
    {
        using var host = new GuardedHost(furniture);
        var refusal = Assert.Throws<CommandFailedException>(() => host.Attach(NameServer));
        Assert.Equal(ExitCode.KernelRefused, refusal.Code);
        Assert.Contains(remedy, refusal.Help, StringComparison.Ordinal);
        Assert.True(host.Xdp.IsEmpty);
        Assert.False(Directory.Exists(host.Pins.Directory));
    }

    [SkippableFact]
    public void Loopback_is_refused()
    {
        using var host = new GuardedHost();
        var refusal = Assert.Throws<CommandFailedException>(() => host.Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)) with { Interface = "lo" }));
        Assert.Contains("loopback", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Pins_of_an_interface_that_is_gone_give_way()
    {
        using var host = new GuardedHost();
        AttachToVeth(host);
        host.Tool("ip", "", "link", "del", "veth0");
        Assert.Equal("veth0", Assert.Single(host.Pins.List()).Interface);
        Assert.True(AttachToVeth(host).HadRemains);
        Assert.True(host.Space.Run(() => new Detacher(host.Pins).Detach("veth0")).WasAttached);
    }

    [SkippableFact]
    public void Pins_of_an_interface_that_was_renamed_are_respected()
    {
        using var host = new GuardedHost();
        AttachToVeth(host);
        host.Tool("ip", "", "link", "set", "veth0", "name", "wan0");
        var refusal = Assert.Throws<CommandFailedException>(() => AttachToVeth(host));
        Assert.Contains("wan0", refusal.Message, StringComparison.Ordinal);
    }

    private static AttachOutcome AttachToVeth(GuardedHost host)
    {
        host.Tool("ip", "", "link", "add", "veth0", "type", "veth", "peer", "name", $"far{Random.Shared.Next(1000)}");
        return host.Attach(GuardedHost.Request(GuardedHost.Policy(NameServer)) with { Interface = "veth0" });
    }
}
