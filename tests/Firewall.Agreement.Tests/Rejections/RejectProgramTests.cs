using System.Buffers.Binary;
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

/// <summary>The program's answers to rejected packets, against the reference.</summary>
public sealed class RejectProgramTests
{
    /// <summary>Nothing limits the rate.</summary>
    internal static readonly RejectLimits Unlimited = new() { IsIPv4Limited = false, IsIPv6Limited = false };

    public static TheoryData<string, Hook> Answers() => RejectReplyTests.Answers();

    [Theory]
    [MemberData(nameof(Answers))]
    public void The_virtual_machine_answers_as_the_reference(string answer, Hook hook)
    {
        var with = Find(answer);
        var machine = new VirtualMachine(RejectProgram.Build(with, hook), new VmOptions { Routes = (route, flags) => BackToSender(route, flags, with.Family) });
        machine.Maps[RejectMaps.Limits.Name].Write(new byte[4], Unlimited.ToValue());
        Check(with, hook, every: 1, frame => (machine.Run("reject", frame, new XdpContext(7, 0)).ReturnValue, machine.Frame.ToArray()));
    }

    [SkippableTheory]
    [MemberData(nameof(Answers))]
    public void The_kernel_answers_as_the_reference(string answer, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "ip6tables-legacy-restore");
        var with = Find(answer);
        using var host = RejectingHost.Create(with.Family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6);
        using var loaded = LoadedObject.Load(RejectProgram.Build(with, hook));
        loaded.Maps[RejectMaps.Limits.Name].Update(new byte[4], Unlimited.ToValue());

        // Errors differ in one byte only.
        Check(with, hook, every: with.IsReset || with == RejectWith.Default(with.Family) ? 1 : 23, frame =>
        {
            var run = host.Run(loaded.Entry, frame);
            return (run.ReturnValue, run.Frame.ToArray());
        });
    }

    private static void Check(RejectWith with, Hook hook, int every, Func<byte[], (long Result, byte[] Frame)> run)
    {
        var (faults, count) = (new List<string>(), 0);
        var packets = RejectReplyTests.Packets(with.Family, hook).Concat(hook == Hook.Input ? RejectedPackets.Long(with.Family) : []);
        foreach (var packet in packets.Where((_, i) => i % every == 0))
        {
            if (RejectReplyTests.Build(packet, with, hook) is not { } expected) { continue; }
            count++;
            var (result, frame) = run([.. packet.Frame]);
            if (Differ(expected, packet, with, hook, result - RejectProgram.Answer, frame) is { } fault) { faults.Add(fault); }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of {count}\n{string.Join("\n\n", faults.Take(12))}");
    }

    private static string? Differ(RejectReply expected, Packet packet, RejectWith with, Hook hook, long result, byte[] frame)
    {
        var outcome = result switch
        {
            RejectFunctions.Silent => RejectOutcome.Silent,
            RejectFunctions.Answered => RejectOutcome.Sent,
            RejectFunctions.Unknown => RejectOutcome.Unknown,
            _ => (RejectOutcome?)null,
        };
        if (outcome != expected.Outcome) { return $"{RejectReplyTests.Short(packet)}\nreference {expected.Outcome}, program {outcome} ({result})"; }
        if (outcome != RejectOutcome.Sent)
        {
            return frame.AsSpan().SequenceEqual(packet.Frame.AsSpan()) ? null : $"{RejectReplyTests.Short(packet)}\nchanged though {outcome}";
        }

        var identification = with.Family == Family.IPv4 && !with.IsReset ? BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(18)) : (ushort)0;
        var ours = RejectReplyTests.Build(packet, with, hook, identification)!.ToBytes()!;
        return ours.AsSpan().SequenceEqual(frame) ? null
            : $"{RejectReplyTests.Short(packet)}\nreference {RejectReplyTests.Short(ours)}\nprogram   {RejectReplyTests.Short(frame)}";
    }

    internal static RejectWith Find(string answer) => RejectWith.IPv4.Concat(RejectWith.IPv6).First(w => $"{w.Family} {w}" == answer);

    /// <summary>A network in which every answer goes back where its packet came from: BPF_FIB_LKUP_RET_SUCCESS.</summary>
    internal static long BackToSender(Span<byte> route, uint flags, Family family)
    {
        const uint FindSource = 1 << 4;
        if ((flags & FindSource) != 0) { RejectReplyTests.Host(family, Hook.Forward).ForwardSource.CopyTo(route[16..]); }
        OracleHost.Mac.ToBytes().CopyTo(route[52..]);
        Frames.Sender.ToBytes().CopyTo(route[58..]);
        return 0;
    }
}
