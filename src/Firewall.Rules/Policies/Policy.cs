using System.Collections.Immutable;
using System.Text;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Sets;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>A rule set after loading: what the kernel would hold. Commands have been obeyed, lists multiplied, names resolved.</summary>
/// <param name="Family">iptables or ip6tables.</param>
/// <param name="Tables">In the order in which the file names them first.</param>
public sealed record Policy(Family Family, ImmutableArray<Table> Tables)
{
    public Table? Table(string name) => Tables.FirstOrDefault(t => t.Name == name);

    /// <summary>The same rules, knowing the sets they name.</summary>
    public Policy WithSets(SetCatalog sets) => this with { Tables = [.. Tables.Select(t => t with { Chains = [.. t.Chains.Select(c => c.WithSets(sets))] })] };

    /// <summary>The sets that matches name, each once, in the order of the rules.</summary>
    public IEnumerable<string> SetNames =>
        Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Matches).OfType<SetMatch>().Select(m => m.SetName).Distinct();
}

/// <summary>One table: raw, mangle, nat, filter or security.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Chains">Built-in chains in the kernel's hook order, then user chains in the order iptables-save prints them.</param>
public sealed record Table(string Name, ImmutableArray<Chain> Chains)
{
    public Chain? Chain(string name) => Chains.FirstOrDefault(c => c.Name == name);
}

/// <summary>Packets and bytes.</summary>
public readonly record struct Counters(ulong Packets, ulong Bytes)
{
    public Counters Add(int bytes) => new(Packets + 1, Bytes + (ulong)bytes);

    public override string ToString() => $"[{Packets}:{Bytes}]";
}

/// <summary>A chain and its rules.</summary>
/// <param name="Name">Its name, at most 28 bytes.</param>
/// <param name="Policy">The verdict at its end for a built-in chain; null for a user chain.</param>
/// <param name="Counters">The policy's counters as written in the file.</param>
/// <param name="Rules">In order.</param>
/// <param name="Declaration">Where the file declares it; null for a built-in chain it does not mention.</param>
public sealed record Chain(string Name, Verdict? Policy, Counters Counters, ImmutableArray<Rule> Rules, TextSpan? Declaration)
{
    public bool IsBuiltIn => Policy is not null;

    internal Chain WithSets(SetCatalog sets) => Rules.Any(r => r.Matches.Any(m => m is SetMatch))
        ? this with { Rules = [.. Rules.Select(r => r with { Matches = [.. r.Matches.Select(m => m is SetMatch match ? match with { Sets = sets } : m)] })] }
        : this;
}

/// <summary>A bound rule.</summary>
/// <param name="Number">Position in its chain from 1, as <c>iptables -L --line-numbers</c> counts.</param>
/// <param name="Matches">Conditions in the order in which the kernel asks them.</param>
/// <param name="Target">What it does.</param>
/// <param name="Counters">As written in the file; null when it gives none.</param>
/// <param name="Line">Line of the file, from 1.</param>
/// <param name="Span">The rule's text in the file.</param>
public sealed record Rule(int Number, ImmutableArray<Match> Matches, Target Target, Counters? Counters, int Line, TextSpan Span)
{
    /// <summary>The chain it jumps or goes to; null for other targets.</summary>
    public string? Callee => Target.Effect switch
    {
        Call call => call.Chain,
        Goto go => go.Chain,
        _ => null,
    };

    /// <summary>What the rule asks.</summary>
    public Guard Guard(Family family) => Matches.Aggregate(Meaning.Guard.Always, (guard, match) => guard.Then(match.Meaning(family)));

    /// <summary>Canonical iptables-save text without the <c>-A CHAIN</c>, e.g. <c>-s 10.0.0.0/8 -j DROP</c>.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var match in Matches)
        {
            if (match.ModuleName is { } name) { text.Append(" -m ").Append(name); }
            match.Print(new OptionWriter(text));
        }

        Target.Print(new OptionWriter(text));
        return text.ToString(Math.Min(1, text.Length), Math.Max(0, text.Length - 1));
    }
}
