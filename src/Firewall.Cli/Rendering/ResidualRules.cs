using System.Text;
using Firewall.Cli.Input;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Rendering;

/// <summary>The rules that iptables must hold beside the programs.</summary>
internal static class ResidualRules
{
    /// <summary>One file as iptables-restore takes it, with a comment on top; bytes of comments come out as they went in.</summary>
    public static byte[] Of(RuleFile file, Plan plan, Profile profile)
    {
        var isWhole = profile == Profile.Offload || !plan.IsExact || !HasAllChains(file, plan);
        var policy = isWhole ? file.Policy : file.Policy with { Tables = [.. file.Policy.Tables.Where(t => t.Name != HostRules.Table)] };
        var why = profile == Profile.Offload ? "profile offload: iptables stays loaded and decides; the program only drops, before it, what these rules would certainly drop"
            : isWhole ? "not every chain is judged by a program: all rules stay loaded"
            : "every chain of the filter table is judged by a program: the other tables stay loaded";
        return Encoding.Latin1.GetBytes($"# What must stay loaded beside the programs of fwc.\n# {why}.\n{SaveFormat.Write(policy)}");
    }

    private static bool HasAllChains(RuleFile file, Plan plan) =>
        file.Policy.Table(HostRules.Table)?.Chains.Where(c => c.IsBuiltIn && (c.Rules.Length > 0 || c.Policy == Rules.Targets.Verdict.Drop))
            .All(c => plan.Chains.Any(p => p.Chain.ChainName() == c.Name && p.Hooks != Hooks.None)) != false;
}
