using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Compiler.Placement;

/// <summary>A chain of the file that no program contains, and why. It stays with iptables.</summary>
public sealed record NotCompiled(string Table, Chain Chain, string Reason)
{
    /// <summary>The chains with rules that a compile for the hooks leaves out, in the order of the file.</summary>
    public static ImmutableArray<NotCompiled> Of(Policy policy, ImmutableArray<Hook> hooks)
    {
        var left = ImmutableArray.CreateBuilder<NotCompiled>();
        foreach (var table in policy.Tables)
        {
            HashSet<string> compiled = table.Name == HostRules.Table ? [.. hooks.SelectMany(h => Reachable(policy, table, h.ChainName()))] : [];
            var used = table.Chains.Where(c => c.IsBuiltIn).SelectMany(c => Reachable(policy, table, c.Name)).ToHashSet(StringComparer.Ordinal);
            foreach (var chain in table.Chains.Where(c => c.Rules.Length > 0 && !compiled.Contains(c.Name)))
            {
                left.Add(new NotCompiled(table.Name, chain, Why(table, chain, used, hooks)));
            }
        }

        return left.ToImmutable();
    }

    private static HashSet<string> Reachable(Policy policy, Table table, string chain) =>
        ChainGraph.From(policy, table.Name, chain).Chains.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);

    private static string Why(Table table, Chain chain, HashSet<string> used, ImmutableArray<Hook> hooks) =>
        !used.Contains(chain.Name) ? "no rule leads to it"
        : table.Name != HostRules.Table ? $"table {table.Name} stays with the kernel"
        : hooks.IsEmpty ? "no program was made"
        : $"not reachable from {string.Join(" or ", hooks.Select(h => h.ChainName()))}";
}
