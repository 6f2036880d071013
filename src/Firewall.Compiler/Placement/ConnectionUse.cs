using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Placement;

/// <summary>What the rules of table raw do with connection tracking, so that its states can be told beforehand.</summary>
public static class ConnectionUse
{
    /// <summary>Whether a rule gives connections a helper: connections that it expects begin RELATED.</summary>
    public static bool GivesHelpers(Policy policy) => Targets(policy).Any(t => t.Helper.Length > 0);

    /// <summary>Whether a rule puts connections into zones.</summary>
    public static bool MakesZones(Policy policy) => Targets(policy).Any(t => t.Zone is { IsMark: true } or { Number: not 0 });

    private static IEnumerable<CtTarget> Targets(Policy policy) =>
        policy.Table("raw")?.Chains.SelectMany(c => c.Rules).Select(r => r.Target).OfType<CtTarget>() ?? [];
}
