using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Placement;

/// <summary>
/// Whether a chain may be judged at XDP, in front of everything else the kernel does: every reachable rule must be understood, and no
/// table that the packet meets earlier may do more than accept or count.
/// </summary>
public static class PlacementCheck
{
    /// <summary>Matches that write where other rules read: a packet dropped at XDP would never reach them.</summary>
    private static readonly ImmutableArray<string> Writing = ["recent", "nfacct", "set"];

    /// <summary>Everything that stands against compiling the chain, in the order of the file.</summary>
    public static ImmutableArray<Diagnostic> Check(Policy policy, Hook hook)
    {
        var found = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (var rule in ChainGraph.From(policy, HostRules.Table, hook.ChainName()).Chains.SelectMany(c => c.Rules))
        {
            found.AddRange(NotUnderstood(rule, hook));
        }

        foreach (var (table, chain) in Earlier(hook))
        {
            if (policy.Table(table) is null) { continue; }
            var graph = ChainGraph.From(policy, table, chain);
            found.AddRange(graph.Chains.SelectMany(c => c.Rules).Where(DoesMore).Select(r => EarlierRule(r, table, chain)));
            if (graph.Base.Policy == Verdict.Drop)
            {
                found.Add(Diagnostic.Error(
                    CompilerCodes.EarlierTable,
                    $"the policy of {chain} in table {table} drops packets before {hook.ChainName()} sees them",
                    graph.Base.Declaration ?? default));
            }
        }

        return [.. found.OrderBy(d => d.Primary.Start)];
    }

    /// <summary>Chains that a packet meets before the hook's chain in the filter table.</summary>
    public static IEnumerable<(string Table, string Chain)> Earlier(Hook hook) =>
        [("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("nat", "PREROUTING"), ("mangle", hook.ChainName())];

    private static IEnumerable<Diagnostic> NotUnderstood(Rule rule, Hook hook)
    {
        foreach (var match in rule.Matches.OfType<OpaqueMatch>())
        {
            yield return Cannot(rule, $"match module {match.Name} cannot be compiled yet", hook);
        }

        if (rule.Target.Effect is not (Decide or Continue or ReturnToCaller or Call or Goto)) { yield return Cannot(rule, $"target {rule.Target.Name} cannot be compiled yet", hook); }
    }

    private static Diagnostic Cannot(Rule rule, string message, Hook hook) =>
        Diagnostic.Error(CompilerCodes.NotCompilable, message, rule.Span) with
        {
            Notes = [$"line {rule.Line} can be reached from {hook.ChainName()}, so its verdicts depend on it"],
            Help = "keep this rule set in iptables for now; fwc format and fwc check understand it",
        };

    /// <summary>More than accept or count.</summary>
    private static bool DoesMore(Rule rule) =>
        rule.Target.Effect is not (Decide { Verdict: Verdict.Accept } or Continue or ReturnToCaller or Call or Goto)
        || rule.Matches.OfType<OpaqueMatch>().Any(m => Writing.Contains(m.Name));

    private static Diagnostic EarlierRule(Rule rule, string table, string chain) =>
        Diagnostic.Error(CompilerCodes.EarlierTable, "this rule acts on packets before the filter table does", rule.Span) with
        {
            Notes = [$"{chain} in table {table} runs between the wire and the filter table; XDP runs before both, and would judge a packet that this rule drops or changes"],
            Help = "keep such rule sets in iptables for now",
        };
}
