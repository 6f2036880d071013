using System.Buffers.Binary;
using System.Collections.Immutable;
using Firewall.Agreement.Tests.Generation;
using Firewall.Bpf.Vm;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Engines;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Kernel.Probe;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests;

/// <summary>The states that a program at XDP takes to be possible, and those in which the kernel then finds the packets.</summary>
public sealed class TrackingTests
{
    private const string Any = "INVALID,ESTABLISHED,RELATED,NEW,UNTRACKED";

    private static readonly ImmutableArray<TrackState> States = [TrackState.Invalid, TrackState.Established, TrackState.Related, TrackState.New, TrackState.Untracked];

    /// <summary>A packet, where it comes in, how the kernel must find it, and what must be thought possible.</summary>
    private sealed record Step(string Name, Packet Packet, bool Comes, string State, string Possible);

    [Fact]
    public void Machine_and_interpreter_take_the_same_for_possible()
    {
        TrackedConnection?[] answers =
        [
            null, .. from reply in new[] { false, true } from status in new uint[] { 8, 0x0A, 0x0E, 0x09, 0x0B, 0x2A } select new TrackedConnection(reply, status),
        ];
        string[] asked = [.. States.Select(Text), "NEW,INVALID", "ESTABLISHED,RELATED", "NEW,ESTABLISHED,INVALID", "INVALID,UNTRACKED"];
        CompileOptions[] kinds =
        [
            new(), new() { UsesHelpers = true }, new() { UsesZones = true }, new() { KnowsConnections = false }, new() { Approximations = Approximations.CtWindow },
            new() { Approximations = Approximations.CtChecksum }, new() { Approximations = Approximations.CtChecksum | Approximations.CtWindow },
        ];
        foreach (var options in kinds.Select(k => k with { TracksConnections = true, Deferred = DeferredAction.Kernel }))
        {
            foreach (var states in asked)
            {
                AssertSame($"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate {states} -j DROP\nCOMMIT\n", options, answers);
            }
        }
    }

    /// <summary>Table raw comes before connection tracking; table nat sees what may begin a connection.</summary>
    [Theory]
    [InlineData("*raw\n-A PREROUTING -m conntrack --ctstate INVALID -p udp -j DROP\nCOMMIT\n")]
    [InlineData("*raw\n-A PREROUTING -p udp -j CT --notrack\n-A PREROUTING -m conntrack --ctstate UNTRACKED -j DROP\nCOMMIT\n")]
    [InlineData("*raw\n-A PREROUTING -p udp -j NOTRACK\nCOMMIT\n*nat\n-A PREROUTING -p udp -j REDIRECT\nCOMMIT\n")]
    [InlineData("*nat\n-A PREROUTING -p tcp -j REDIRECT\nCOMMIT\n")]
    [InlineData("*nat\n-A PREROUTING -p udp -j ACCEPT\n-A PREROUTING -i eth1 -j REDIRECT\nCOMMIT\n")]
    public void Machine_and_interpreter_agree_in_the_tables_around(string tables)
    {
        var text = $"{tables}*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate INVALID,UNTRACKED -j DROP\n-A INPUT -m conntrack --ctstate NEW -j DROP\nCOMMIT\n";
        TrackedConnection?[] answers = [null, new(IsReply: false, 8), new(IsReply: true, 0x0E), new(IsReply: true, 0x2A)];
        AssertSame(text, new CompileOptions { TracksConnections = true, Deferred = DeferredAction.Kernel, Interface = "eth0" }, answers);
        AssertSame(text, new CompileOptions { TracksConnections = true, Approximations = Approximations.CtChecksum, Interface = "eth0" }, answers);
    }

    private static void AssertSame(string text, CompileOptions options, TrackedConnection?[] answers)
    {
        var rules = HostRules.From(Hook.Input, GeneratedRules.Bind(text, Family.IPv4).Policy, GeneratedRules.Bind(text, Family.IPv6).Policy);
        TrackedConnection? found = null;
        var machine = new VmEngine(
            LinearGenerator.Generate(rules, options),
            options: new VmOptions { Connections = (tuple, protocol) => found is null ? null : new VmConnection(found.IsReply, found.Status) });
        var interpreter = new Interpreter(rules, new PacketContext { TracksConnections = true });
        foreach (var packet in Forms())
        {
            foreach (var answer in answers)
            {
                found = answer;
                var frame = packet.Frame;
                var known = Knowledge(frame.AsMemory(), found, options);
                var expected = interpreter.Judge(frame.AsMemory(), new PacketContext { TracksConnections = true, InInterface = options.Interface, Surroundings = known }, route: null);
                var run = machine.Judge(frame.AsSpan(), ifindex: 7);
                Assert.True(expected == run, $"{packet} {found} {options}\n{text}\ninterpreter: {expected}\nmachine: {run}");
            }
        }

        Assert.Equal(interpreter.ReadCounters().Select(c => c.ToString()), machine.ReadCounters().Select(c => c.ToString()));
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void The_kernel_finds_packets_in_a_possible_state(Family family)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        var feature = KernelFeatures.Read().ConnectionLookup;
        Skip.IfNot(feature.IsAvailable, feature.Reason);
        using var host = OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: true, Afterwards.Deliver);
        var target = family == Family.IPv4 ? "203.0.113.9" : "2001:db8:2::9";
        host.Load(
            $"""
            *mangle
            {string.Concat(States.Select(s => $"-A PREROUTING -m conntrack --ctstate {Text(s)}\n"))}COMMIT
            *nat
            -A PREROUTING -p udp --dport 7000 -j DNAT --to-destination {(family == Family.IPv4 ? target : $"[{target}]")}:7001
            COMMIT

            """);
        var text = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n";
        var policy = GeneratedRules.Bind(text, family).Policy;
        var firewall = LinearGenerator.Generate(
            HostRules.AtHook(Hook.Forward, family == Family.IPv4 ? policy : null, family == Family.IPv6 ? policy : null), new CompileOptions { Deferred = DeferredAction.Kernel });
        using var loaded = LoadedObject.Load(firewall.Object);
        using var first = host.Namespace.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("eth0")));
        using var second = host.Namespace.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("eth1")));
        var scratch = loaded.Maps[Scratch.Map.Name];
        var faults = new List<string>();
        var before = Found(host);
        foreach (var step in Steps(family, target))
        {
            scratch.Update(new byte[4], new byte[scratch.ValueSize]);
            using (ProcessorAffinity.To(0)) { host.Send(step.Packet.Frame.AsSpan(), step.Comes ? "eth0" : "eth1"); }
            var value = scratch.LookupPerProcessor(new byte[4])!.Value[0];
            var possible = BinaryPrimitives.ReadInt32LittleEndian(value[Scratch.TrackStates..]);
            var now = Found(host);
            var found = States.Where((_, i) => now[i] > before[i]).ToList();
            before = now;
            var (state, thought) = (string.Join(',', found.Select(Text)), string.Join(',', States.Where(s => (possible >> (int)s & 1) != 0).Select(Text)));
            if (found.Any(s => (possible >> (int)s & 1) == 0)) { faults.Add($"{step.Name}: found {state}, possible only {thought}"); }
            if (state != step.State || thought != step.Possible) { faults.Add($"{step.Name}: {state} of {thought}, expected {step.State} of {step.Possible}"); }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>What the reference is told of a packet.</summary>
    private static ImmutableDictionary<FieldKind, ValueSet> Knowledge(ReadOnlyMemory<byte> frame, TrackedConnection? found, CompileOptions options) =>
        options is { KnowsConnections: true, UsesZones: false } && PacketView.TryDecode(frame, new PacketContext(), out var packet, out _)
            ? ConnectionKnowledge.Of(packet, found, options.UsesHelpers, options.Approximations)
            : ImmutableDictionary<FieldKind, ValueSet>.Empty;

    private static ulong[] Found(OracleHost host) => [.. host.Counters("mangle").Single(c => c.Chain == "PREROUTING").Rules.Select(r => r.Count.Packets)];

    private static string Text(TrackState state) => state.ToString().ToUpperInvariant();

    /// <summary>Every way in which segments and datagrams differ for connection tracking.</summary>
    private static IEnumerable<Packet> Forms()
    {
        foreach (var packet in new[] { Packet.Tcp(1000, 80), Packet.Tcp6(1000, 80) })
        {
            for (byte flags = 0; flags < 64; flags++) { yield return packet.WithTransportByte(13, flags); }
            yield return packet.WithDataOffset(4);
            yield return packet.WithDataOffset(6);
            yield return packet.WithTcpOptions(1, 1, 1, 1);
            yield return packet.Keep(19);
            yield return packet.Fragment(0, more: true);
            yield return packet.Fragment(0, more: false);
        }

        foreach (var packet in new[] { Packet.Udp(1000, 53), Packet.Udp6(1000, 53) })
        {
            var transport = packet.Family == Family.IPv4 ? 34 : 54;
            yield return packet.WithPayload(1, 2, 3);
            yield return packet.Patched(transport + 4, 0, 7);
            yield return packet.Patched(transport + 4, 0, 9);
            yield return packet.Patched(transport + 6, 0, 0);
            yield return packet.Keep(7);
        }

        yield return Packet.Udp6(1, 2).WithHopByHop(1, 0);
        yield return Packet.Icmp(8);
        yield return Packet.Ip(6);
        foreach (byte type in new byte[] { 128, 129, 130, 135, 136, 137, 143, 150, 151, 1 }) { yield return Packet.Icmp6(type); }
        yield return Packet.Icmp6(135).Keep(7);
        yield return Packet.Sctp(1, 2);
    }

    private static IEnumerable<Step> Steps(Family family, string target)
    {
        const string New = "INVALID,NEW", Known = "INVALID,ESTABLISHED", Begun = "INVALID,ESTABLISHED,NEW";
        var ipv6 = family == Family.IPv6;
        var source = ipv6 ? "2001:db8::2" : "10.0.0.2";
        var transport = ipv6 ? 54 : 34;

        Packet Address(Packet packet, bool comes) =>
            (comes ? packet.From(source).To(target) : packet.From(target).To(source).WithDestinationMac(2, 0, 0, 0, 1, 1).WithSourceMac(2, 0, 0, 0, 1, 9));
        Packet Tcp(string flags, uint seq, uint ack, ushort port, bool comes = true, int data = 0)
        {
            var packet = comes ? Packet.Tcp(port, 80) : Packet.Tcp(80, port);
            packet = Address(ipv6 ? packet.InIPv6() : packet, comes).WithFlags(flags).WithPayload(new byte[data]);
            for (var i = 0; i < 4; i++)
            {
                packet = packet.WithTransportByte(4 + i, (byte)(seq >> (24 - (8 * i)))).WithTransportByte(8 + i, (byte)(ack >> (24 - (8 * i))));
            }

            return packet;
        }

        Packet Udp(ushort from, ushort to, bool comes = true) => Address(ipv6 ? Packet.Udp6(from, to) : Packet.Udp(from, to), comes).WithPayload(1, 2, 3, 4);
        IEnumerable<Step> Handshake(ushort port) =>
        [
            new($"S of {port}", Tcp("S", 100, 0, port), true, "NEW", New),
            new($"SA of {port}", Tcp("SA", 500, 101, port, comes: false), false, "ESTABLISHED", Known),
            new($"A of {port}", Tcp("A", 101, 501, port), true, "ESTABLISHED", Known),
        ];

        yield return new("S", Tcp("S", 100, 0, 1000), true, "NEW", New);
        yield return new("S again", Tcp("S", 100, 0, 1000), true, "NEW", New);
        yield return new("A without SA", Tcp("A", 101, 501, 1000), true, "INVALID", New);
        yield return new("SA", Tcp("SA", 500, 101, 1000, comes: false), false, "ESTABLISHED", Known);
        yield return new("A", Tcp("A", 101, 501, 1000), true, "ESTABLISHED", Known);
        yield return new("data", Tcp("PA", 101, 501, 1000, data: 10), true, "ESTABLISHED", Known);
        yield return new("data back", Tcp("PA", 501, 111, 1000, comes: false, data: 10), false, "ESTABLISHED", Known);
        yield return new("data far ahead", Tcp("PA", 10_000_101, 501, 1000, data: 10), true, "INVALID", Known);
        yield return new("bad checksum", Tcp("PA", 111, 501, 1000, data: 10).Patched(transport + 16, 0xAB, 0xCD), true, "INVALID", Known);
        yield return new("xmas on it", Tcp("FPU", 111, 501, 1000), true, "INVALID", "INVALID");
        yield return new("S on it", Tcp("S", 111, 0, 1000), true, "ESTABLISHED", Begun);
        yield return new("FA", Tcp("FA", 111, 511, 1000), true, "ESTABLISHED", Known);
        yield return new("FA back", Tcp("FA", 511, 112, 1000, comes: false), false, "ESTABLISHED", Known);
        yield return new("last A", Tcp("A", 112, 512, 1000), true, "ESTABLISHED", Known);
        yield return new("S reopens", Tcp("S", 100_000, 0, 1000), true, "NEW", Begun);
        foreach (var step in Handshake(1001)) { yield return step; }
        yield return new("R", Tcp("R", 101, 0, 1001), true, "ESTABLISHED", Known);
        yield return new("data after R", Tcp("PA", 101, 501, 1001, data: 4), true, "ESTABLISHED", Known);
        foreach (var step in Handshake(1002)) { yield return step; }
        yield return new("server ends", Tcp("FA", 501, 101, 1002, comes: false), false, "ESTABLISHED", Known);
        yield return new("client ends", Tcp("FA", 101, 502, 1002), true, "ESTABLISHED", Known);
        yield return new("last A back", Tcp("A", 502, 102, 1002, comes: false), false, "ESTABLISHED", Known);
        yield return new("server reopens", Tcp("S", 200_000, 0, 1002, comes: false), false, "NEW", Begun);
        foreach (var flags in new[] { "SA", "R", "RA", "FA" }) { yield return new($"{flags} of nothing", Tcp(flags, 1, 1, 1100), true, "INVALID", "INVALID"); }
        foreach (var flags in new[] { "", "F", "SF", "SR", "FPU", "P", "U", "FSRPAU" }) { yield return new($"'{flags}'", Tcp(flags, 1, 1, 1100), true, "INVALID", "INVALID"); }
        yield return new("short header", Tcp("S", 1, 0, 1100).Keep(19), true, "INVALID", "INVALID");
        yield return new("data offset 4", Tcp("S", 1, 0, 1100).WithDataOffset(4), true, "INVALID", "INVALID");
        yield return new("data offset 15", Tcp("S", 1, 0, 1100).WithDataOffset(15), true, "INVALID", "INVALID");
        yield return new("S, bad checksum", Tcp("S", 1, 0, 1100).Patched(transport + 16, 0xAB, 0xCD), true, "INVALID", New);
        yield return new("SEC", Tcp("SEC", 1, 0, 1101), true, "NEW", New);
        yield return new("lone A", Tcp("A", 1, 1, 1102), true, "NEW", New);
        yield return new("answer to it", Tcp("A", 1, 1, 1102, comes: false), false, "ESTABLISHED", Known);
        yield return new("after pick-up", Tcp("PA", 1, 1, 1102, data: 3), true, "ESTABLISHED", Known);

        yield return new("UDP", Udp(2000, 4000), true, "NEW", New);
        yield return new("UDP again", Udp(2000, 4000), true, "NEW", New);
        yield return new("UDP, no checksum", Udp(2000, 4000).Patched(transport + 6, 0, 0), true, "NEW", "NEW");
        yield return new("UDP answer", Udp(4000, 2000, comes: false), false, "ESTABLISHED", Known);
        yield return new("UDP after the answer", Udp(2000, 4000), true, "ESTABLISHED", Known);
        yield return new("UDP without checksum", Udp(2000, 4000).Patched(transport + 6, 0, 0), true, "ESTABLISHED", "ESTABLISHED");
        yield return new("UDP, bad checksum", Udp(2000, 4000).Patched(transport + 6, 0xAB, 0xCD), true, "INVALID", Known);
        yield return new("UDP, too long", Udp(2000, 4000).Patched(transport + 4, 0, 99), true, "INVALID", "INVALID");
        yield return new("UDP, too short", Udp(2000, 4000).Patched(transport + 4, 0, 7), true, "INVALID", "INVALID");
        yield return new("new UDP, no checksum", Udp(2001, 4000).Patched(transport + 6, 0, 0), true, "NEW", "NEW");
        yield return new("new UDP, bad checksum", Udp(2002, 4000).Patched(transport + 6, 0xAB, 0xCD), true, "INVALID", New);
        yield return new("UDP with padding", Udp(2003, 4000).Patched(transport + 4, 0, 8).Patched(transport + 6, 0, 0), true, "NEW", "NEW");
        yield return new("translated UDP", Udp(2004, 7000), true, "NEW", New);
        yield return new("its answer", Udp(7001, 2004, comes: false), false, "ESTABLISHED", Known);
        yield return new("translated again", Udp(2004, 7000), true, "ESTABLISHED", Known);
        if (!ipv6)
        {
            yield return new("echo", Address(Packet.Icmp(8), comes: true), true, "NEW", Any);
            yield return new("stray answer", Address(Packet.Icmp(0), comes: true), true, "INVALID", Any);
            yield break;
        }

        yield return new("echo", Address(Packet.Icmp6(128), comes: true), true, "NEW", Any);
        yield return new("solicitation", Address(Packet.Icmp6(135), comes: true), true, "UNTRACKED", "INVALID,UNTRACKED");
        yield return new("bad solicitation", Address(Packet.Icmp6(135), comes: true).Patched(transport + 2, 0xAB, 0xCD), true, "INVALID", "INVALID,UNTRACKED");
        yield return new("UDP behind options", Udp(2005, 4000).WithHopByHop(1, 4), true, "NEW", New);
    }
}
