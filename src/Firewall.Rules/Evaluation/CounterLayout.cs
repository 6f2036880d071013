using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Evaluation;

/// <summary>Something iptables counts: a rule, or the policy of the built-in chain.</summary>
/// <param name="Station">The built-in chain from which it is reached.</param>
/// <param name="Chain">The chain it stands in.</param>
/// <param name="Rule">Null for the policy.</param>
public sealed record Counted(Station Station, Chain Chain, Rule? Rule)
{
    public Family Family => Station.Family;

    public RuleIdentity? Identity => Rule is null ? null : Station.Identify(Chain, Rule);
}

/// <summary>
/// Numbers everything that is counted, so that engines and readers agree: per station the rules of each reachable chain in order, then the policy. A user chain that two
/// built-in chains reach is numbered for each; iptables' counter is the sum.
/// </summary>
public sealed class CounterLayout
{
    private readonly Dictionary<(Station, string), int> _first = [];

    public CounterLayout(HostRules rules)
    {
        var all = ImmutableArray.CreateBuilder<Counted>();
        foreach (var station in rules.Stations)
        {
            foreach (var chain in station.Graph.Chains)
            {
                _first[(station, chain.Name)] = all.Count;
                all.AddRange(chain.Rules.Select(r => new Counted(station, chain, r)));
                if (chain == station.Graph.Base) { all.Add(new Counted(station, chain, Rule: null)); }
            }
        }

        Entries = all.ToImmutable();
    }

    public ImmutableArray<Counted> Entries { get; }

    /// <summary>The number of the rule at <paramref name="index"/> (from 0) of a chain.</summary>
    public int OfRule(Station station, Chain chain, int index) => _first[(station, chain.Name)] + index;

    /// <summary>The number of the built-in chain's policy.</summary>
    public int OfPolicy(Station station) => _first[(station, station.Graph.Base.Name)] + station.Graph.Base.Rules.Length;
}
