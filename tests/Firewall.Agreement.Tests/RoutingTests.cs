using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using Firewall.Agreement.Tests.Generation;
using Firewall.Bpf.Vm;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Engines;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests;

/// <summary>Programs that begin before routing: where packets go, and the rules that they then meet.</summary>
public sealed class RoutingTests
{
    private const uint Eth0 = 7, Eth1 = 8, Stranger = 99;
    private const int NotForwarded = 4, ForwardingDisabled = 5, NoNeighbour = 7;

    private static readonly ImmutableArray<IPAddress> Own =
        [.. new[] { "10.0.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.251", "2001:db8::1", "2001:db8:1::1", "2001:db8:2::1", "fe80::1" }.Select(IPAddress.Parse)];

    [Fact]
    public void Machine_and_interpreter_send_packets_the_same_way()
    {
        var rules = HostRules.From(Hook.Prerouting, Policy(Family.IPv4), Policy(Family.IPv6));
        var machine = new VmEngine(
            LinearGenerator.Generate(rules, new CompileOptions { Deferred = DeferredAction.Kernel }), options: new VmOptions { Routes = (question, _) => Answer(question) });
        machine.AddInterface(Eth0, "eth0");
        machine.AddInterface(Eth1, "eth1");
        machine.AddHostAddresses(Own);
        var interpreter = new Interpreter(rules, new PacketContext());
        var seen = new HashSet<string>();
        foreach (var packet in Packets())
        {
            var frame = packet.Frame;
            var expected = interpreter.Judge(frame.AsMemory(), new PacketContext { InInterface = "eth0" }, RouteOf(packet));
            var run = machine.Judge(frame.AsSpan(), Eth0);
            Assert.True(expected == run, $"{packet}\ninterpreter: {expected}\nmachine: {run}");
            seen.Add($"{expected.Kind} {expected.Reason} {expected.Rule?.Chain}");
        }

        Assert.Equal(Named(interpreter.ReadCounters()), Named(machine.ReadCounters()));

        IEnumerable<string> Named(ImmutableArray<Counters> counters) => interpreter.Layout.Entries.Select((e, i) => $"{e.Identity} {counters[i]}");
        Assert.Superset(
            new HashSet<string>
            {
                "Defer Destination ", "Defer Ttl ", "Defer Fragment ", "Defer OutInterface ", "Accept  FORWARD", "Drop  FORWARD", "Accept  INPUT", "Accept  ", "Drop  PREROUTING",
            },
            seen);
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void The_kernel_sends_packets_the_same_way(Family family)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        var ipv6 = family == Family.IPv6;
        using var host = OracleHost.Create(ipv6 ? AddressFamily.Ipv6 : AddressFamily.Ipv4, forwarding: true);
        var text =
            $"""
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            -A INPUT -i eth0
            -A INPUT -i eth1
            -A FORWARD -o eth1
            -A FORWARD -o eth0
            -A FORWARD -i eth1 -o eth+
            -A FORWARD ! -o eth1
            -A FORWARD -m {(ipv6 ? "hl --hl-eq" : "ttl --ttl-eq")} 63
            COMMIT

            """;
        host.Load(text);
        var policy = GeneratedRules.Bind(text, family).Policy;
        var firewall = LinearGenerator.Generate(
            HostRules.From(Hook.Prerouting, ipv6 ? null : policy, ipv6 ? policy : null), new CompileOptions { Deferred = DeferredAction.Kernel });
        using var loaded = LoadedObject.Load(firewall.Object);
        loaded.Maps[HostAddressMaps.For(family).Name].UpdateAll(HostAddressMaps.Entries([.. Own.Where(a => a.GetAddressBytes().Length == (ipv6 ? 16 : 4))]));
        foreach (var device in host.Namespace.Run(() => new[] { "lo", "eth0", "eth1" }.Select(NetworkInterfaces.Get).ToList()))
        {
            loaded.Maps[firewall.Interfaces.Map.Name].Update(InterfacePatterns.Key((uint)device.Index), firewall.Interfaces.ValueFor(device.Name));
        }

        using var first = host.Namespace.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("eth0")));
        using var second = host.Namespace.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("eth1")));
        var near = ipv6 ? "2001:db8::2" : "10.0.0.2";
        string[] far = ipv6
            ? ["2001:db8:1::1", "2001:db8:2::9", "2001:db8:2::77", "2001:db8:9::1", "2001:db8:2::1"]
            : ["192.0.2.1", "203.0.113.9", "203.0.113.77", "198.51.100.1", "203.0.113.1"];
        var packet = ipv6 ? Packet.Udp6(1000, 2000) : Packet.Udp(1000, 2000);
        foreach (var target in far) { host.Send(packet.From(near).To(target).Frame.AsSpan()); }
        host.Send(packet.From(far[1]).To(near).WithDestinationMac(2, 0, 0, 0, 1, 1).WithSourceMac(2, 0, 0, 0, 1, 9).Frame.AsSpan(), "eth1");
        host.Send(packet.From(near).To(far[1]).WithTtl(2).Frame.AsSpan());
        host.Send(packet.From(near).To(far[1]).WithTtl(1).Frame.AsSpan());
        host.Send(packet.From(near).To(ipv6 ? "ff02::1" : "224.0.0.1").Frame.AsSpan());

        var theirs = host.Counters().Where(c => c.Chain is "INPUT" or "FORWARD").SelectMany(c => c.Rules).Select(r => $"{r.Text} {r.Count.Packets}");
        var ours = Counts(loaded, Accounting.CountersMap);
        var counted = host.Counters().Where(c => c.Chain is "INPUT" or "FORWARD").SelectMany(c => c.Rules.Select((r, i) => (c.Chain, Number: i, r.Text)))
            .Select(r => $"{r.Text} {ours[firewall.Counters.Entries.Select((e, i) => (e, i)).Single(e => e.e.Identity is { } rule && rule.Chain == r.Chain && rule.Number == r.Number + 1).i] + (r is { Chain: "INPUT", Number: 0 } ? 1u : 0u)}");

        // The multicast packet is INPUT's, which only the kernel knows; the last but one is nobody's.
        Assert.Equal(theirs, counted);
        var deferred = Counts(loaded, Accounting.DeferredMap);
        Assert.Equal((1u, 1u), (deferred[(int)DeferReason.Ttl], deferred[(int)DeferReason.Destination]));
    }

    private static Dictionary<int, ulong> Counts(LoadedObject loaded, string map) => loaded.Maps[map].Entries()
        .ToDictionary(e => BinaryPrimitives.ReadInt32LittleEndian(e.Key), e => new PerProcessorValue(e.Value, 16).Sum());

    private static Policy Policy(Family family) => GeneratedRules.Bind(
        $"""
        *mangle
        -A PREROUTING -p udp --dport 4 -j MARK --set-mark 5
        -A PREROUTING -p udp --dport 5 -j DROP
        -A PREROUTING -m mark --mark 5 -p udp --sport 9 -j MARK --set-mark 0
        COMMIT
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        -A INPUT -p udp --dport 6 -j ACCEPT
        -A INPUT -m {(family == Family.IPv4 ? "ttl --ttl-eq" : "hl --hl-eq")} 64 -p tcp -j DROP
        -A FORWARD -o eth1 -p udp --dport 7 -j ACCEPT
        -A FORWARD ! -o eth1 -p udp --dport 8 -j ACCEPT
        -A FORWARD -i eth0 -o eth+ -m {(family == Family.IPv4 ? "ttl --ttl-eq" : "hl --hl-eq")} 63 -j ACCEPT
        -A FORWARD -p tcp -j DROP
        COMMIT

        """,
        family).Policy!;

    private static IEnumerable<Packet> Packets()
    {
        string[] four = ["192.0.2.1", "203.0.113.9", "198.51.100.1", "10.1.0.1", "10.2.0.1", "224.0.0.251", "224.0.0.1", "255.255.255.255", "0.0.0.1", "240.0.0.1"];
        string[] six = ["2001:db8:1::1", "2001:db8:2::9", "2001:db8:3::1", "2001:db8:4::1", "2001:db8:5::1", "ff02::1", "fe80::1", "fe80::2"];
        foreach (var target in four.Concat(six))
        {
            var ipv6 = target.Contains(':', StringComparison.Ordinal);
            foreach (byte ttl in new byte[] { 0, 1, 2, 64 })
            {
                for (ushort port = 3; port < 10; port++)
                {
                    foreach (ushort from in new ushort[] { 1, 9 })
                    {
                        var udp = (ipv6 ? Packet.Udp6(from, port) : Packet.Udp(from, port)).To(target).WithTtl(ttl);
                        yield return udp;
                        yield return udp.Fragment(0, more: true);
                        yield return udp.Fragment(8, more: false);
                    }
                }

                yield return (ipv6 ? Packet.Tcp6(1, 2) : Packet.Tcp(1, 2)).To(target).WithTtl(ttl);
            }

            if (ipv6) { yield return Packet.Udp6(1, 7).From("fe80::9").To(target); }
        }
    }

    /// <summary>What the host knows.</summary>
    private static Route? RouteOf(Packet packet)
    {
        var start = packet.Family == Family.IPv4 ? 30 : 38;
        var target = new IPAddress(packet.Frame.AsSpan()[start..(start + (packet.Family == Family.IPv4 ? 4 : 16))]);
        if (Own.Contains(target)) { return new Route(Hook.Input, OutInterface: null); }
        var text = target.ToString();
        if (packet.Family == Family.IPv6 && packet.Frame[22] == 0xFE) { return null; }
        return text.StartsWith("203.0.113.", StringComparison.Ordinal) || text.StartsWith("2001:db8:2:", StringComparison.Ordinal) ? new Route(Hook.Forward, "eth1")
            : text.StartsWith("198.51.100.", StringComparison.Ordinal) || text.StartsWith("2001:db8:3:", StringComparison.Ordinal) ? new Route(Hook.Forward, OutInterface: null)
            : null;
    }

    /// <summary>The same as <c>bpf_fib_lookup</c> answers; for what must not be asked it gives a wrong answer.</summary>
    private static long Answer(Span<byte> question)
    {
        Assert.Equal(Eth0, BinaryPrimitives.ReadUInt32LittleEndian(question[8..]));
        var (result, device) = (question[0], question[32], question[33], question[34], question[35], question[37]) switch
        {
            (2, 203, 0, 113, _, _) => (0, Eth1),
            (2, 198, 51, 100, _, _) => (NoNeighbour, Stranger),
            (2, 10, 1, _, _, _) => (ForwardingDisabled, 0u),
            (2, 10, 2, _, _, _) => (NotForwarded, 0u),
            (10, 0x20, _, _, _, 2) => (0, Eth1),
            (10, 0x20, _, _, _, 3) => (NoNeighbour, Stranger),
            (10, 0x20, _, _, _, 4) => (ForwardingDisabled, 0u),
            (10, 0x20, _, _, _, _) => (NotForwarded, 0u),
            _ => (0, Eth1),
        };
        BinaryPrimitives.WriteUInt32LittleEndian(question[8..], device);
        return result;
    }
}
