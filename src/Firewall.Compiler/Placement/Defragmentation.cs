using System.Collections.Immutable;
using Firewall.Rules.Policies;

namespace Firewall.Compiler.Placement;

/// <summary>
/// Whether the kernel puts fragments together before PREROUTING: it does so in a network namespace where any rule uses connection tracking, in whatever chain
/// it stands, or where a nat table has a rule (nf_defrag_ipv4_enable, nf_defrag_ipv6_enable).
/// </summary>
public static class Defragmentation
{
    private static readonly ImmutableArray<string> Matches =
        ["state", "conntrack", "connmark", "connbytes", "connlimit", "connlabel", "helper", "cluster", "socket"];

    private static readonly ImmutableArray<string> Targets = ["CONNMARK", "CONNSECMARK", "SYNPROXY", "TPROXY"];

    public static bool IsSwitchedOnBy(Policy policy) =>
        policy.Table("nat")?.Chains.Any(c => c.Rules.Length > 0) == true
        || policy.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).Any(UsesConnections);

    // NOTRACK and CT --notrack neither switch it on nor exempt from it (semantics: G15, G16); CT with anything else does.
    private static bool UsesConnections(Rule rule) =>
        rule.Matches.Any(m => m.ModuleName is { } name && Matches.Contains(name))
        || (rule.Target.Name is { } target && (Targets.Contains(target) || (target == "CT" && !rule.ToText().Contains("--notrack", StringComparison.Ordinal))));
}
