using System.Collections.Immutable;
using System.Text;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>One condition of a rule, bound: its options read and checked. Immutable; equal when it means the same text.</summary>
public abstract record Match
{
    /// <summary>The module as <c>-m</c> names it; null for the conditions every rule may have (<c>-s</c>, <c>-p</c>, …).</summary>
    public abstract string? ModuleName { get; }

    /// <summary>
    /// Built-in chains from which a rule with the match may be reached, where that depends on its options; empty when only its module decides
    /// (<see cref="MatchModule.Chains"/>).
    /// </summary>
    public virtual ImmutableArray<string> Chains => [];

    /// <summary>What the match asks of a packet.</summary>
    public abstract Guard Meaning(Family family);

    /// <summary>Writes its options in iptables-save's order and spelling, without the <c>-m NAME</c>.</summary>
    public abstract void Print(OptionWriter writer);

    /// <summary>Canonical text, e.g. <c>-m length --length 0:60</c>.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        if (ModuleName is { } name) { text.Append(" -m ").Append(name); }
        Print(new OptionWriter(text));
        return text.ToString(1, Math.Max(0, text.Length - 1));
    }
}
