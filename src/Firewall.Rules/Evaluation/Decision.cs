using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>What becomes of a packet.</summary>
public enum DecisionKind
{
    Accept,
    Drop,

    /// <summary>Left to the kernel's own iptables, for a <see cref="DeferReason"/>.</summary>
    Defer,
}

/// <summary>A rule as iptables counts them: family, chain, number from 1; and the line of the file it stands in.</summary>
public sealed record RuleIdentity(Family Family, string Table, string Chain, int Number, int Line)
{
    public override string ToString() => $"{Table}/{Chain} rule {Number} (line {Line})";
}

/// <summary>The answer to one packet. The three engines (interpreter, virtual machine, kernel) give equal ones.</summary>
/// <param name="Kind">Accept, drop or defer.</param>
/// <param name="Rule">The rule that decided; null when a policy or a hotdrop did, or the packet is deferred.</param>
/// <param name="IsHotdrop">Dropped because a rule found the packet malformed.</param>
/// <param name="Reason">Only for <see cref="DecisionKind.Defer"/>.</param>
public sealed record Decision(DecisionKind Kind, RuleIdentity? Rule, bool IsHotdrop, DeferReason? Reason)
{
    public static readonly Decision Hotdropped = new(DecisionKind.Drop, Rule: null, IsHotdrop: true, Reason: null);

    public static Decision Deferred(DeferReason reason) => new(DecisionKind.Defer, Rule: null, IsHotdrop: false, reason);

    /// <summary>As <c>fwc run --json</c> spells it.</summary>
    public string Verdict => Kind switch
    {
        DecisionKind.Accept => "ACCEPT",
        DecisionKind.Drop => "DROP",
        _ => "DEFER",
    };
}
