using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>The chains that packets entering one built-in chain can reach.</summary>
/// <param name="Family">iptables or ip6tables.</param>
/// <param name="Chains">The built-in chain first, then each reachable chain in the order in which the rules first name it.</param>
public sealed record ChainGraph(Family Family, ImmutableArray<Chain> Chains)
{
    private readonly Dictionary<string, Chain> _byName = Chains.ToDictionary(c => c.Name, StringComparer.Ordinal);

    public Chain Base => Chains[0];

    public Chain this[string name] => _byName[name];

    public int RuleCount => Chains.Sum(c => c.Rules.Length);

    /// <summary>Follows jumps and gotos from <paramref name="chain"/>; a chain the table lacks is an empty one with policy ACCEPT.</summary>
    public static ChainGraph From(Policy policy, string table, string chain)
    {
        var chains = policy.Table(table)?.Chains.ToDictionary(c => c.Name, StringComparer.Ordinal) ?? [];
        var root = chains.GetValueOrDefault(chain) ?? new Chain(chain, Verdict.Accept, default, [], Declaration: null);
        var order = ImmutableArray.CreateBuilder<Chain>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { root.Name };
        var waiting = new Stack<Chain>([root]);
        while (waiting.TryPop(out var next))
        {
            order.Add(next);
            foreach (var callee in next.Rules.Select(r => r.Callee).OfType<string>().Distinct(StringComparer.Ordinal).Reverse())
            {
                if (seen.Add(callee)) { waiting.Push(chains[callee]); }
            }
        }

        return new ChainGraph(policy.Family, order.ToImmutable());
    }

    public bool Equals(ChainGraph? other) => other is not null && Family == other.Family && Chains.AsSpan().SequenceEqual(other.Chains.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Family, Chains.Length);
}
