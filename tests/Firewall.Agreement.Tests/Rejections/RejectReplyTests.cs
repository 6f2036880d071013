using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using Firewall.Rules.Targets;

namespace Firewall.Agreement.Tests.Rejections;

/// <summary>The answers to rejected packets, against those of the kernel's own REJECT.</summary>
public sealed class RejectReplyTests
{
    public static TheoryData<string, Hook> Answers()
    {
        var data = new TheoryData<string, Hook>();
        foreach (var with in RejectWith.IPv4.Concat(RejectWith.IPv6))
        {
            data.Add($"{with.Family} {with}", Hook.Input);
            data.Add($"{with.Family} {with}", Hook.Forward);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Answers))]
    public void An_answer_is_the_kernels_byte_for_byte(string answer, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "ip6tables-legacy-restore");
        var with = RejectWith.IPv4.Concat(RejectWith.IPv6).First(w => $"{w.Family} {w}" == answer);
        var family = with.Family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6;
        using var host = RejectingHost.Create(family);
        var chain = hook == Hook.Input ? "INPUT" : "FORWARD";
        host.Load($":{chain} DROP [0:0]", $"-A {chain} {(with.IsReset ? "-p tcp " : "")}-j REJECT --reject-with {with}");
        var faults = new List<string>();
        var (sent, answered) = (0, 0);
        foreach (var packet in Packets(with.Family, hook))
        {
            if (Build(packet, with, hook) is not { } expected) { continue; }
            sent++;
            var answers = host.Send(packet.Frame.AsSpan());
            if (answers.Length > 0) { answered++; }
            if (Differ(expected, answers, packet, with, hook) is { } fault) { faults.Add(fault); }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} of {sent}\n{string.Join("\n\n", faults.Take(12))}");
        Assert.True(answered > sent / 20, $"only {answered} of {sent} packets were answered");
    }

    /// <summary>What is to be forwarded must fit the next link, else the stack answers itself.</summary>
    internal static IEnumerable<Packet> Packets(Family family, Hook hook) => hook == Hook.Input ? RejectedPackets.Of(family)
        : RejectedPackets.Of(family).Concat(RejectedPackets.Fragments(family))
            .Select(p => p.To(family == Family.IPv4 ? "203.0.113.9" : "2001:db8:2::9")).Where(p => p.Frame.Length <= 1514);

    internal static RejectHost Host(Family family, Hook hook, ushort identification = 0) => new()
    {
        Identification = identification,
        ForwardSource = hook == Hook.Input ? [] : [.. IPAddress.Parse(RejectingHost.ForwardSource(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6)).GetAddressBytes()],
    };

    internal static RejectReply? Build(Packet packet, RejectWith with, Hook hook, ushort identification = 0)
    {
        var context = new PacketContext { Hook = hook, Families = [with.Family] };
        return PacketView.TryDecode(packet.Frame.AsMemory(), context, out var view, out _) && (!with.IsReset || view.Value(Field.Protocol) == 6)
            ? RejectReply.Build(packet.Frame.AsSpan(), view, with, hook, Host(with.Family, hook, identification)) : null;
    }

    private static string? Differ(RejectReply expected, ImmutableArray<byte[]> answers, Packet packet, RejectWith with, Hook hook)
    {
        if (expected.Outcome == RejectOutcome.Unknown) { return null; }
        if (answers.Length > 1) { return $"{Short(packet)}\n{answers.Length} answers"; }
        if (answers.Length == 0) { return expected.Outcome == RejectOutcome.Silent ? null : $"{Short(packet)}\nkernel silent, we send {Short(expected.ToBytes()!)}"; }
        var theirs = answers[0];
        if (expected.Outcome == RejectOutcome.Silent) { return $"{Short(packet)}\nwe are silent, the kernel sends {Short(theirs)}"; }
        var identification = with.Family == Family.IPv4 && !with.IsReset ? BinaryPrimitives.ReadUInt16BigEndian(theirs.AsSpan(18)) : (ushort)0;
        var ours = Build(packet, with, hook, identification)!.ToBytes()!;
        if (with.Family == Family.IPv6 && !with.IsReset) { (theirs[15], theirs[16], theirs[17]) = ((byte)(theirs[15] & 0xf0), 0, 0); }
        return theirs.AsSpan().SequenceEqual(ours) ? null : $"{Short(packet)}\nkernel {Short(theirs)}\nours   {Short(ours)}";
    }

    /// <summary>The length, and the first bytes from the IP header on.</summary>
    internal static string Short(ReadOnlySpan<byte> frame) => $"{frame.Length}: {Convert.ToHexString(frame[12..Math.Min(frame.Length, 112)])}";

    internal static string Short(Packet packet) => Short(packet.Frame.AsSpan());
}
