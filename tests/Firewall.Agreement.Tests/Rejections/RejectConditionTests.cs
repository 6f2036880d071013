using System.Buffers.Binary;
using System.Net;
using Firewall.Bpf.Vm;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Targets;

namespace Firewall.Agreement.Tests.Rejections;

/// <summary>When the program answers rejected packets: routes, rates, own addresses.</summary>
public sealed class RejectConditionTests
{
    private const uint Ingress = 7;
    private const long ForwardingDisabled = 5;

    private static readonly RejectWith Error4 = RejectWith.Default(Family.IPv4);
    private static readonly RejectWith Reset4 = RejectWith.IPv4.First(w => w.IsReset);

    public static TheoryData<string, Hook> Answers() => new()
    {
        { "IPv4 icmp-port-unreachable", Hook.Input }, { "IPv4 icmp-port-unreachable", Hook.Forward }, { "IPv4 tcp-reset", Hook.Input }, { "IPv4 tcp-reset", Hook.Forward },
        { "IPv6 icmp6-port-unreachable", Hook.Input }, { "IPv6 icmp6-port-unreachable", Hook.Forward }, { "IPv6 tcp-reset", Hook.Input }, { "IPv6 tcp-reset", Hook.Forward },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Without_settings_every_packet_is_deferred(string answer, Hook hook)
    {
        var with = RejectProgramTests.Find(answer);
        var machine = new VirtualMachine(RejectProgram.Build(with, hook), new VmOptions { Routes = (route, flags) => RejectProgramTests.BackToSender(route, flags, with.Family) });
        Assert.Equal(RejectFunctions.Unknown, Result(machine, Segment(with)));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_that_would_go_elsewhere_is_the_kernels(string answer, Hook hook)
    {
        var with = RejectProgramTests.Find(answer);
        var frame = Segment(with).Frame;
        foreach (var code in new long[] { -22, 1, 2, 3, 4, ForwardingDisabled, 6, 7, 8, 9 })
        {
            var machine = Machine(with, hook, (_, _) => code);
            Assert.Equal((code, RejectFunctions.Unknown), (code, Result(machine, Segment(with))));
            Assert.Equal(frame.AsSpan(), machine.Frame);
        }

        var other = Machine(with, hook, (route, _) =>
        {
            route[8]++;
            return 0;
        });
        Assert.Equal(RejectFunctions.Unknown, Result(other, Segment(with)));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void The_routes_are_asked_with_addresses_swapped_and_tell_the_MAC_addresses(string answer, Hook hook)
    {
        var with = RejectProgramTests.Find(answer);
        byte[]? asked = null;
        uint flags = 0;
        byte[] macs = [2, 9, 9, 9, 9, 1, 2, 9, 9, 9, 9, 2];
        var machine = Machine(with, hook, (route, given) =>
        {
            (asked, flags) = (route.ToArray(), given);
            macs.CopyTo(route[52..]);
            return 0;
        });
        Assert.Equal(RejectFunctions.Answered, Result(machine, Segment(with)));
        var findsSource = hook == Hook.Forward && !with.IsReset;
        var bytes = with.Family == Family.IPv4 ? 4 : 16;
        var addresses = Segment(with).Frame.AsSpan(with.Family == Family.IPv4 ? 26 : 22, 2 * bytes).ToArray();
        Assert.Equal(with.Family == Family.IPv4 ? 2 : 10, asked![0]);
        Assert.Equal(machine.Frame.Length - 14, BinaryPrimitives.ReadUInt16LittleEndian(asked.AsSpan(6)));
        Assert.Equal(Ingress, BinaryPrimitives.ReadUInt32LittleEndian(asked.AsSpan(8)));
        Assert.Equal(findsSource ? new byte[bytes] : addresses[bytes..], asked[16..(16 + bytes)]);
        Assert.Equal(addresses[..bytes], asked[32..(32 + bytes)]);
        Assert.Equal(findsSource ? 16u : 0u, flags);
        Assert.Equal([.. macs[6..], .. macs[..6]], machine.Frame[..12].ToArray());
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void Where_nothing_is_forwarded_the_sender_may_be_trusted(string answer, Hook hook)
    {
        var with = RejectProgramTests.Find(answer);
        var machine = Machine(with, hook, (_, _) => ForwardingDisabled, RejectProgramTests.Unlimited with { TrustsSenderWithoutRoutes = true });
        Assert.Equal(hook == Hook.Input ? RejectFunctions.Answered : RejectFunctions.Unknown, Result(machine, Segment(with)));
        if (hook == Hook.Input) { Assert.Equal(Answer(with, hook, machine.Frame), machine.Frame.ToArray()); }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void Own_addresses_may_be_exceptions(string answer, Hook hook)
    {
        var with = RejectProgramTests.Find(answer);
        var address = IPAddress.Parse(with.Family == Family.IPv4 ? "192.0.2.1" : "2001:db8:1::1");
        foreach (var outcome in new[] { RejectFunctions.Silent, RejectFunctions.Unknown })
        {
            var machine = Machine(with, hook);
            var (key, value) = RejectMaps.Exception(address, outcome);
            machine.Maps[RejectMaps.Exceptions.Name].Write(key, value);
            Assert.Equal(hook == Hook.Input ? outcome : RejectFunctions.Answered, Result(machine, Segment(with)));
        }
    }

    [Theory]
    [InlineData("IPv4 icmp-port-unreachable")]
    [InlineData("IPv6 icmp6-port-unreachable")]
    public void One_sender_gets_six_errors_at_once_and_then_one_each_delay(string answer)
    {
        var with = RejectProgramTests.Find(answer);
        var clock = new Clock();
        var machine = Machine(with, Hook.Input, limits: new RejectLimits { DelayIPv4 = TimeSpan.FromSeconds(1), DelayIPv6 = TimeSpan.FromSeconds(1) }, clock: clock);
        Assert.Equal(6, Answered(machine, Segment(with), 20));
        clock.Now += TimeSpan.FromSeconds(0.9);
        Assert.Equal(0, Answered(machine, Segment(with), 5));
        clock.Now += TimeSpan.FromSeconds(0.2);
        Assert.Equal(1, Answered(machine, Segment(with), 5));
        Assert.Equal(6, Answered(machine, Segment(with).From(with.Family == Family.IPv4 ? "10.0.0.3" : "2001:db8::3"), 20));
        clock.Now += TimeSpan.FromSeconds(100);
        Assert.Equal(6, Answered(machine, Segment(with), 20));
    }

    [Fact]
    public void All_senders_together_get_the_burst_and_then_the_rate()
    {
        var clock = new Clock();
        var machine = Machine(Error4, Hook.Input, limits: new RejectLimits(), clock: clock);
        Assert.InRange(FromMany(machine, 1, 250), 30, 90);
        clock.Now += TimeSpan.FromMilliseconds(19);
        Assert.Equal(0, FromMany(machine, 2, 250));
        clock.Now += TimeSpan.FromMilliseconds(11);
        Assert.InRange(FromMany(machine, 3, 250), 15, 60);
    }

    [Fact]
    public void Resets_have_no_rate()
    {
        var machine = Machine(Reset4, Hook.Input, limits: new RejectLimits(), clock: new Clock());
        Assert.Equal(300, Answered(machine, Packet.Tcp(1000, 80), 300));
    }

    [SkippableTheory]
    [InlineData("IPv4 icmp-port-unreachable")]
    [InlineData("IPv6 icmp6-port-unreachable")]
    public void The_kernel_and_the_program_in_it_send_one_sender_six_errors(string answer)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "ip6tables-legacy-restore");
        var with = RejectProgramTests.Find(answer);
        using var host = RejectingHost.Create(with.Family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6);
        host.Set("net/ipv4/icmp_ratemask", "6168");
        host.Set("net/ipv4/icmp_ratelimit", "10000");
        host.Load("-A INPUT -j REJECT");
        using var loaded = LoadedObject.Load(RejectProgram.Build(with, Hook.Input));
        loaded.Maps[RejectMaps.Limits.Name].Update(new byte[4], new RejectLimits { DelayIPv4 = TimeSpan.FromSeconds(10), DelayIPv6 = TimeSpan.FromSeconds(100) }.ToValue());
        var frame = Segment(with).Frame;

        // Older kernels give IPv6 destinations behind wide routes more.
        if (with.Family == Family.IPv4) { Assert.Equal(6, Enumerable.Range(0, 20).Sum(_ => host.Send(frame.AsSpan()).Length)); }
        Assert.Equal(6, Enumerable.Range(0, 20).Count(_ => host.Run(loaded.Entry, frame.AsSpan()).ReturnValue == RejectProgram.Answer + RejectFunctions.Answered));
    }

    [SkippableTheory]
    [InlineData("IPv4 icmp-port-unreachable")]
    [InlineData("IPv6 icmp6-port-unreachable")]
    [InlineData("IPv4 tcp-reset")]
    [InlineData("IPv6 tcp-reset")]
    public void The_kernel_tells_no_routes_where_it_does_not_forward(string answer)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "ip6tables-legacy-restore");
        var with = RejectProgramTests.Find(answer);
        using var host = RejectingHost.Create(with.Family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6);
        host.Set("net/ipv4/ip_forward", "0");
        host.Set("net/ipv6/conf/all/forwarding", "0");
        using var loaded = LoadedObject.Load(RejectProgram.Build(with, Hook.Input));
        var limits = loaded.Maps[RejectMaps.Limits.Name];
        limits.Update(new byte[4], RejectProgramTests.Unlimited.ToValue());
        var frame = Segment(with).Frame;
        Assert.Equal(RejectProgram.Answer + RejectFunctions.Unknown, (int)host.Run(loaded.Entry, frame.AsSpan()).ReturnValue);
        limits.Update(new byte[4], (RejectProgramTests.Unlimited with { TrustsSenderWithoutRoutes = true }).ToValue());
        var run = host.Run(loaded.Entry, frame.AsSpan());
        Assert.Equal(Answer(with, Hook.Input, run.Frame.Span), run.Frame.ToArray());
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void What_lies_beyond_data_end_is_answered_alike_or_deferred(string answer, Hook hook)
    {
        var with = RejectProgramTests.Find(answer);
        var machine = Machine(with, hook);
        var packet = Segment(with).WithPayload([.. Enumerable.Range(0, 1400).Select(i => (byte)i)]);
        var answered = 0;
        for (var linear = 1; linear < packet.Frame.Length; linear += linear < 100 ? 1 : 97)
        {
            var result = machine.Run("reject", packet.Frame.AsSpan(), new XdpContext(Ingress, 0) { LinearLength = linear }).ReturnValue;
            if (result != RejectProgram.Answer + RejectFunctions.Answered)
            {
                Assert.Equal(packet.Frame.AsSpan(), machine.Frame);
                continue;
            }

            answered++;
            Assert.Equal(Answer(with, hook, machine.Frame, packet), machine.Frame.ToArray());
        }

        Assert.InRange(answered, 10, 200);
    }

    /// <summary>A SYN: every sort of answer takes it.</summary>
    private static Packet Segment(RejectWith with) => with.Family == Family.IPv4 ? Packet.Tcp(1000, 80) : Packet.Tcp6(1000, 80);

    private static byte[] Answer(RejectWith with, Hook hook, ReadOnlySpan<byte> frame, Packet? packet = null) => RejectReplyTests.Build(
        packet ?? Segment(with), with, hook, with.Family == Family.IPv4 && !with.IsReset ? BinaryPrimitives.ReadUInt16BigEndian(frame[18..]) : (ushort)0)!.ToBytes()!;

    private static int Result(VirtualMachine machine, Packet packet) =>
        (int)machine.Run("reject", packet.Frame.AsSpan(), new XdpContext(Ingress, 0)).ReturnValue - RejectProgram.Answer;

    private static int Answered(VirtualMachine machine, Packet packet, int times) =>
        Enumerable.Range(0, times).Count(_ => Result(machine, packet) == RejectFunctions.Answered);

    private static int FromMany(VirtualMachine machine, int net, int senders) =>
        Enumerable.Range(0, senders).Count(i => Result(machine, Packet.Udp(1, 2).From($"10.1.{net}.{i}")) == RejectFunctions.Answered);

    private static VirtualMachine Machine(RejectWith with, Hook hook, RouteLookup? routes = null, RejectLimits? limits = null, Clock? clock = null)
    {
        var machine = new VirtualMachine(RejectProgram.Build(with, hook), new VmOptions
        {
            Routes = routes ?? ((route, flags) => RejectProgramTests.BackToSender(route, flags, with.Family)),
            Clock = clock ?? new Clock(),
        });
        machine.Maps[RejectMaps.Limits.Name].Write(new byte[4], (limits ?? RejectProgramTests.Unlimited).ToValue());
        return machine;
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(3);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
