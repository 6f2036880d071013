using Firewall.Rules.Policies;

namespace Firewall.Compiler.Placement;

/// <summary>What the rules of table raw do with connection tracking, so that its states can be told beforehand.</summary>
public static class ConnectionUse
{
    /// <summary>Whether a rule gives connections a helper: connections that it expects begin RELATED.</summary>
    public static bool GivesHelpers(Policy policy) => HasTarget(policy, "--helper");

    /// <summary>Whether a rule puts connections into zones.</summary>
    public static bool MakesZones(Policy policy) => HasTarget(policy, "--zone");

    private static bool HasTarget(Policy policy, string option) =>
        policy.Table("raw")?.Chains.SelectMany(c => c.Rules).Any(r => r.Target.Name == "CT" && r.ToText().Contains(option, StringComparison.Ordinal)) == true;
}
