using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>What a matching rule does with the packet.</summary>
public abstract record Target
{
    /// <summary>The name after <c>-j</c>; null for a rule that only counts.</summary>
    public abstract string? Name { get; }

    /// <summary>How the walk goes on.</summary>
    public abstract Effect Effect { get; }

    /// <summary>Tables the target may stand in; empty for all.</summary>
    public virtual ImmutableArray<string> Tables => [];

    /// <summary>Built-in chains from which a rule with the target may be reached; empty for all.</summary>
    public virtual ImmutableArray<string> Chains => [];

    /// <summary>Writes <c> -j NAME</c> and the target's options, each with a leading blank.</summary>
    public abstract void Print(OptionWriter writer);
}

/// <summary>What happens to a packet at the end of a chain's walk.</summary>
public enum Verdict
{
    Accept,
    Drop,
}

/// <summary>How the walk through the chains goes on after a matching rule.</summary>
public abstract record Effect;

/// <summary>The walk ends with a verdict.</summary>
public sealed record Decide(Verdict Verdict) : Effect;

/// <summary>The next rule is looked at.</summary>
public sealed record Continue : Effect;

/// <summary>Goes back to the rule after the last jump; in a built-in chain the policy decides.</summary>
public sealed record ReturnToCaller : Effect;

/// <summary>Walks another chain; its end comes back to the next rule.</summary>
public sealed record Call(string Chain) : Effect;

/// <summary>Walks another chain; its end goes to where the last <see cref="Call"/> came from.</summary>
public sealed record Goto(string Chain) : Effect;

/// <summary>Only the kernel can do what the target does: the packet is deferred.</summary>
public sealed record LeaveToKernel(DeferReason Reason) : Effect;

/// <summary>The next rule is looked at; from here on the mark is <c>(mark &amp; ~Clear) ^ Flip</c>.</summary>
public sealed record SetMark(uint Clear, uint Flip) : Effect;

/// <summary>The next rule is looked at; connection tracking will not see the packet (raw table): its state is UNTRACKED.</summary>
public sealed record Untrack : Effect;

/// <summary>The walk ends: the packet is gone, and its sender is answered.</summary>
public sealed record Refuse(RejectWith With) : Effect;

/// <summary>The packet is logged, and the next rule is looked at.</summary>
public sealed record WriteLog(LogOptions Options) : Effect;

public static class Effects
{
    /// <summary>Why a packet is deferred whose rule has this effect.</summary>
    /// <param name="effect">One that no program of ours has.</param>
    /// <param name="isOwned">Whether the rule stands in a chain that our program replaces.</param>
    public static DeferReason WhyKernel(this Effect effect, bool isOwned) => effect switch
    {
        LeaveToKernel { Reason: DeferReason.Nat } => DeferReason.Nat,
        _ when !isOwned => DeferReason.EarlierTable,
        LeaveToKernel leave => leave.Reason,
        Refuse => DeferReason.Reject,
        WriteLog => DeferReason.Log,
        _ => DeferReason.Target,
    };
}
