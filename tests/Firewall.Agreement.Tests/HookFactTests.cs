using System.Net;
using System.Net.Sockets;
using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Probe;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Rig;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests;

/// <summary>What the program reads from the kernel at a hook: the same packets meet iptables right behind it, and both count the same.</summary>
public sealed class HookFactTests
{
    private const int Port = 4300;
    private const int ClosedPort = 4301;
    private const int UntrackedPort = 4302;

    /// <summary>Each as iptables writes it and as we ask it.</summary>
    private static readonly (string Text, Func<Family, Test> Ask)[] Facts =
    [
        .. new[] { TrackState.Invalid, TrackState.Established, TrackState.Related, TrackState.New, TrackState.Untracked }
            .Select(s => ($"-m conntrack --ctstate {s.ToString().ToUpperInvariant()}", (Func<Family, Test>)(_ => Field.TrackState.Is((uint)s)))),
        ("-m conntrack --ctdir REPLY", _ => Field.TrackDirection.Is(1)),
        ("-m conntrack --ctstatus SEEN_REPLY", _ => Field.TrackStatus.Masked(2, 2)),
        ("-m conntrack --ctproto 17", _ => Field.TrackProtocol.Is(17)),
        ($"-m conntrack --ctorigdstport {Port}", _ => Field.TrackPort(FieldKind.TrackOriginalDestinationPort).Is(Port)),
        ($"-m conntrack --ctreplsrcport {Port}", _ => Field.TrackPort(FieldKind.TrackReplySourcePort).Is(Port)),
        ("-m conntrack --ctorigsrc LOOPBACK", f => Field.TrackAddress(FieldKind.TrackOriginalSource, f).Is(Loopback(f))),
        ("-m conntrack --ctrepldst LOOPBACK", f => Field.TrackAddress(FieldKind.TrackReplyDestination, f).Is(Loopback(f))),
        ("-m connmark --mark 9", _ => Field.TrackMark.Is(9)),
        ("-m mark --mark 7", _ => Field.Mark.Is(7)),
    ];

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Output)]
    [InlineData(Family.IPv6, Hook.Output)]
    public void Program_and_iptables_find_the_same(Family family, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        var feature = KernelFeatures.Read().Netfilter;
        Skip.IfNot(feature.IsAvailable, feature.Reason);
        var ipv6 = family == Family.IPv6;
        using var host = new LoopbackHost();
        var rules = string.Concat(Facts.Select(f => $"-A {hook.ChainName()} {f.Text.Replace("LOOPBACK", ipv6 ? "::1" : "127.0.0.1", StringComparison.Ordinal)}\n"));
        host.Restore(
            $"""
            *raw
            -A OUTPUT -p udp --dport {UntrackedPort} -j CT --notrack
            COMMIT
            *mangle
            -A OUTPUT -p udp --dport {UntrackedPort} -j MARK --set-mark 7
            -A OUTPUT -p udp --dport {Port} -j CONNMARK --set-mark 9
            COMMIT
            *filter
            {rules}COMMIT

            """,
            ipv6);

        var firewall = LinearGenerator.Generate(
            new HostRules(hook, [new Station("filter", Graph(family, hook), hook, IsOwned: true)]),
            new CompileOptions { Program = ProgramKind.Netfilter, Deferred = DeferredAction.Kernel });
        using var engine = new HookEngine(firewall, host.Namespace, family);
        host.Namespace.Run(() => Talk(ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback));

        var theirs = host.Counters(ipv6).Single(c => c.Chain == hook.ChainName());
        var ours = engine.ReadCounters();
        Assert.Empty(engine.ReadDeferred());
        Assert.Equal(
            Facts.Select((f, i) => $"{f.Text}: {new Counters(theirs.Rules[i].Count.Packets, theirs.Rules[i].Count.Bytes)}"),
            Facts.Select((f, i) => $"{f.Text}: {ours[i]}"));
        Assert.All(theirs.Rules, rule => Assert.NotEqual(0u, (ulong)rule.Count.Packets));
    }

    [SkippableFact]
    public void What_interrupts_the_program_for_output_is_deferred_without_a_trace()
    {
        KernelRequired.Tools("ip");
        var feature = KernelFeatures.Read().Netfilter;
        Skip.IfNot(feature.IsAvailable, feature.Reason);
        using var host = new LoopbackHost();
        var firewall = LinearGenerator.Generate(
            new HostRules(Hook.Output, [new Station("filter", Graph(Family.IPv4, Hook.Output), Hook.Output, IsOwned: true)]),
            new CompileOptions { Program = ProgramKind.Netfilter, Deferred = DeferredAction.Kernel });
        using var engine = new HookEngine(firewall, host.Namespace, Family.IPv4);
        Assert.True(host.Talk());
        Assert.Empty(engine.ReadDeferred());
        engine.Occupy();
        var before = engine.ReadCounters();
        Assert.True(host.Talk());
        Assert.Equal(1u, engine.ReadDeferred()[DeferReason.Busy]);
        Assert.Equal(before.AsEnumerable(), engine.ReadCounters().AsEnumerable());
    }

    /// <summary>A request, its answer, another; a request that nobody waits for, which is refused; one that is not tracked; an answer that nobody asked for.</summary>
    private static void Talk(IPAddress address)
    {
        using var server = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var client = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var other = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using var raw = new Socket(
            address.AddressFamily, SocketType.Raw, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp);
        server.Bind(new IPEndPoint(address, Port));
        client.Bind(new IPEndPoint(address, 0));
        var buffer = new byte[100];
        for (var i = 0; i < 2; i++)
        {
            client.SendTo(new byte[20 + i], new IPEndPoint(address, Port));
            Assert.True(server.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
            server.Receive(buffer);
            server.SendTo(new byte[30], client.LocalEndPoint!);
            Assert.True(client.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
            client.Receive(buffer);
        }

        other.SendTo(new byte[5], new IPEndPoint(address, UntrackedPort));
        other.SendTo(new byte[6], new IPEndPoint(address, ClosedPort));

        // An echo reply: type 0 (129 for IPv6, whose checksum the kernel fills in), code 0, checksum, id, number.
        byte[] reply = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? [129, 0, 0, 0, 0, 1, 0, 1] : [0, 0, 0xFF, 0xFD, 0, 1, 0, 1];
        raw.SendTo(reply, new IPEndPoint(address, 0));
        Thread.Sleep(100);
    }

    private static UInt128 Loopback(Family family) => family == Family.IPv4 ? 0x7F000001u : 1u;

    /// <summary>One rule for each fact, that does nothing but count.</summary>
    private static ChainGraph Graph(Family family, Hook hook)
    {
        var text = $"*filter\n:{hook.ChainName()} ACCEPT [0:0]\n{string.Concat(Facts.Select((_, i) => $"-A {hook.ChainName()} -m comment --comment {i}\n"))}COMMIT\n";
        var chain = GeneratedRules.Bind(text, family).Policy!.Table("filter")!.Chain(hook.ChainName())!;
        return new ChainGraph(family, [chain with { Rules = [.. chain.Rules.Select((rule, i) => rule with { Matches = [new FactMatch(Facts[i].Ask)] })] }]);
    }

    private sealed record FactMatch(Func<Family, Test> Ask) : Match
    {
        public override string? ModuleName => "fact";

        public override Guard Meaning(Family family) => Guard.Of(Ask(family));

        public override void Print(OptionWriter writer) => writer.WriteWords(["--fact"]);
    }
}
