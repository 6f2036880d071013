using System.Globalization;
using Firewall.Cli.Input;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Cli.Assessing;

/// <summary>What is odd about a rule set, and certainly true of it.</summary>
internal static class Finding
{
    private const int MostLines = 10;

    public static IEnumerable<string> Of(RuleFile file, Plan plan, IReadOnlySet<string>? interfaces, bool isOneOfSeveral)
    {
        var policy = file.Policy;
        var found = Policies(policy)
            .Concat(Opaque(policy))
            .Concat(Unreachable(policy, plan))
            .Concat(interfaces is null ? [] : Missing(policy, interfaces))
            .Concat(Owners(policy))
            .Concat(Translations(policy));
        return isOneOfSeveral ? found.Select(f => $"{file.Name}: {f}") : found;
    }

    /// <summary>Line numbers, the first few.</summary>
    public static string Lines(IEnumerable<int> numbers)
    {
        var all = numbers.Distinct().Order().ToList();
        var shown = string.Join(", ", all.Take(MostLines).Select(n => n.ToString(CultureInfo.InvariantCulture)));
        return $"line{(all.Count == 1 ? "" : "s")} {shown}{(all.Count > MostLines ? string.Create(CultureInfo.InvariantCulture, $" and {all.Count - MostLines:N0} more") : "")}";
    }

    private static IEnumerable<(Rule Rule, Chain Chain, Table Table)> Rules(Policy policy) =>
        policy.Tables.SelectMany(t => t.Chains.SelectMany(c => c.Rules.Select(r => (r, c, t))));

    private static IEnumerable<string> Policies(Policy policy)
    {
        foreach (var chain in policy.Table(HostRules.Table)?.Chains.Where(c => c is { Policy: Verdict.Accept } && c.Rules.Length > 0) ?? [])
        {
            var effects = ChainGraph.From(policy, HostRules.Table, chain.Name).Chains.SelectMany(c => c.Rules).Select(r => r.Target.Effect).ToList();
            var (drops, accepts) = (effects.Any(e => e is Decide { Verdict: Verdict.Drop } or Refuse), effects.Any(e => e is Decide { Verdict: Verdict.Accept }));
            if (effects.Exists(e => e is LeaveToKernel)) { continue; }
            if (drops && !accepts) { yield return $"{chain.Name} is a block list: its policy is ACCEPT, and its rules only drop"; }
            else if (!drops) { yield return $"no rule of {chain.Name} drops, and its policy is ACCEPT: everything is accepted"; }
        }
    }

    private static IEnumerable<string> Opaque(Policy policy)
    {
        var opaque = Rules(policy).SelectMany(r => r.Rule.Matches.OfType<OpaqueMatch>().Select(m => (m.Name, r.Rule.Line))).GroupBy(m => m.Name);
        foreach (var module in opaque) { yield return $"the match module {module.Key} is read and printed, but fwc does not know what it means ({Lines(module.Select(m => m.Line))})"; }
    }

    private static IEnumerable<string> Unreachable(Policy policy, Plan plan)
    {
        var nowhere = plan.Lines.Where(l => l.Fate == Fate.Unreachable && l.Rule.Family == policy.Family).Select(l => l.Rule.Line).ToList();
        if (nowhere.Count > 0) { yield return $"no packet reaches {Lines(nowhere)}: no chain that was placed leads there"; }
        foreach (var (chain, table) in policy.Tables.SelectMany(t => t.Chains.Select(c => (c, t))))
        {
            var last = chain.Rules.FirstOrDefault(r => r.Guard(policy.Family).Atoms.IsEmpty && r.Target.Effect is Decide or Goto or ReturnToCaller or Refuse);
            if (last is not null && last.Number < chain.Rules.Length)
            {
                yield return $"no packet reaches {Lines(chain.Rules.Skip(last.Number).Select(r => r.Line))} of {table.Name}/{chain.Name}: line {last.Line} takes everything";
            }
        }
    }

    private static IEnumerable<string> Missing(Policy policy, IReadOnlySet<string> interfaces)
    {
        var asked = Rules(policy).SelectMany(r => r.Rule.Guard(policy.Family).Atoms.OfType<Firewall.Rules.Meaning.InterfaceTest>().Where(t => !t.Negated && !interfaces.Any(t.Fits)).Select(t => (Name: t.Name + (t.IsPrefix ? "+" : ""), r.Rule.Line)));
        foreach (var name in asked.GroupBy(a => a.Name)) { yield return $"this host has no interface {name.Key} now ({Lines(name.Select(n => n.Line))})"; }
    }

    private static IEnumerable<string> Owners(Policy policy)
    {
        var chains = policy.Tables.SelectMany(t => t.Chains).Select(c => c.Name).Distinct(StringComparer.Ordinal).ToList();
        if (chains.Exists(c => c == "DOCKER" || c.StartsWith("DOCKER-", StringComparison.Ordinal)))
        {
            yield return "chains are named as Docker names its own (DOCKER…): Docker changes those at run time, and a program made of this file does not follow";
        }

        if (chains.Exists(c => c.StartsWith("ufw-", StringComparison.Ordinal) || c.StartsWith("ufw6-", StringComparison.Ordinal)))
        {
            yield return "chains are named as ufw names its own (ufw-…): ufw changes those when it is told to, and a program made of this file does not follow";
        }
    }

    private static IEnumerable<string> Translations(Policy policy)
    {
        var early = ChainGraph.From(policy, "nat", "PREROUTING").Chains.SelectMany(c => c.Rules).Where(r => r.Target is DnatTarget).Select(r => r.Line).ToList();
        if (early.Count > 0) { yield return $"destinations are translated before the filter table ({Lines(early)}): where the new address is another host's, FORWARD judges the packets, not INPUT"; }
    }
}
