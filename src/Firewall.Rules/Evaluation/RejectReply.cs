using System.Collections.Immutable;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Evaluation;

/// <summary>What becomes of the answer to a rejected packet; the packet itself is dropped.</summary>
public enum RejectOutcome
{
    /// <summary>The answer is sent, rate limits permitting.</summary>
    Sent,

    /// <summary>The kernel answers nothing.</summary>
    Silent,

    /// <summary>Only the kernel knows: the packet must be deferred.</summary>
    Unknown,
}

/// <summary>
/// The answer of <c>-j REJECT</c> to one packet, as the kernel sends it back to where the packet came from (net/ipv4/netfilter/nf_reject_ipv4.c,
/// net/ipv6/netfilter/nf_reject_ipv6.c, net/ipv4/icmp.c, net/ipv6/icmp.c).
/// </summary>
/// <param name="Frame">The answer from the Ethernet header on, without padding or tags; empty unless it is sent.</param>
/// <remarks>
/// Where the kernel takes random numbers, the answer has fixed ones: the IPv4 identification of ICMP errors is the host's, the IPv6 flow label of ICMP
/// errors is 0.
/// </remarks>
public sealed record RejectReply(RejectOutcome Outcome, ImmutableArray<byte> Frame)
{
    internal static readonly RejectReply Silent = new(RejectOutcome.Silent, []);

    internal static readonly RejectReply Unknown = new(RejectOutcome.Unknown, []);

    /// <summary>The answer to a packet that a rule rejects, from where it arrives on the wire.</summary>
    /// <param name="frame">The frame that <paramref name="view"/> was decoded from.</param>
    /// <param name="view">What the chain sees of it.</param>
    /// <param name="with">An answer of the packet's family; a reset only for TCP.</param>
    /// <param name="hook">Where the rule stands: INPUT or FORWARD.</param>
    /// <param name="host">Null for the kernel's defaults.</param>
    public static RejectReply Build(ReadOnlySpan<byte> frame, PacketView view, RejectWith with, Hook hook, RejectHost? host = null)
    {
        if (with.Family != view.Family) { throw new ArgumentException($"{with} answers {with.Family}, the packet is {view.Family}", nameof(with)); }
        var rejected = new RejectedPacket(frame[..view.End], view, isForwarded: hook == Hook.Forward);
        var judged = rejected.Judge(with.IsReset);
        if (judged is not null) { return judged; }
        host ??= new RejectHost();
        return with.IsReset ? RejectAnswer.Reset(rejected, host) : RejectAnswer.Unreachable(rejected, with, host);
    }

    /// <summary>The bytes of the answer; null when none is sent or only the kernel knows it.</summary>
    public byte[]? ToBytes() => Outcome == RejectOutcome.Sent ? [.. Frame] : null;
}
