using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Evaluation;

/// <summary>Something iptables counts: a rule, or the policy of the built-in chain.</summary>
/// <param name="Chain">The chain it stands in.</param>
/// <param name="Rule">Null for the policy.</param>
public sealed record Counted(Family Family, Chain Chain, Rule? Rule)
{
    public RuleIdentity? Identity => Rule is null ? null : new RuleIdentity(Family, HostRules.Table, Chain.Name, Rule.Number, Rule.Line);
}

/// <summary>
/// Numbers everything that is counted, so that engines and readers agree: per family the rules of each reachable chain in
/// order, then the policy.
/// </summary>
public sealed class CounterLayout
{
    private readonly Dictionary<(Family, string), int> _first = [];

    public CounterLayout(HostRules rules)
    {
        var all = ImmutableArray.CreateBuilder<Counted>();
        foreach (var graph in rules.Graphs)
        {
            foreach (var chain in graph.Chains)
            {
                _first[(graph.Family, chain.Name)] = all.Count;
                all.AddRange(chain.Rules.Select(r => new Counted(graph.Family, chain, r)));
                if (chain == graph.Base) { all.Add(new Counted(graph.Family, chain, Rule: null)); }
            }
        }

        Entries = all.ToImmutable();
    }

    public ImmutableArray<Counted> Entries { get; }

    /// <summary>The number of the rule at <paramref name="index"/> (from 0) of a chain.</summary>
    public int OfRule(Family family, Chain chain, int index) => _first[(family, chain.Name)] + index;

    /// <summary>The number of the built-in chain's policy.</summary>
    public int OfPolicy(Family family, Chain chain) => _first[(family, chain.Name)] + chain.Rules.Length;
}
