using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Compiler.Placement;

/// <summary>What stands against a plan that is to be exact: one message for each rule with a reason of its own, none for those that only come before it.</summary>
public static class PlanFindings
{
    /// <summary>Everything in the file of the policy, in its order.</summary>
    public static ImmutableArray<Diagnostic> Of(Plan plan, Policy policy)
    {
        var rules = policy.Tables.SelectMany(t => t.Chains.SelectMany(c => c.Rules.Select(r => (Key: (t.Name, c.Name, r.Number), Rule: r)))).ToDictionary(r => r.Key, r => r.Rule);
        Rule RuleOf(RuleIdentity identity) => rules[(identity.Table, identity.Chain, identity.Number)];

        var found = plan.Earlier.Where(f => f.Rule.Family == policy.Family).Select(f => Earlier(RuleOf(f.Rule), f.Rule, f.Reason!.Value)).ToList();
        var open = plan.Lines.Where(l => l.IsOpen && l.Rule.Family == policy.Family && l.Rule.Table == HostRules.Table).ToList();
        found.AddRange(open.Where(l => l.Reason is null).DistinctBy(l => l.Rule.Chain).Select(l => NowhereJudged(RuleOf(l.Rule), l.Rule)));
        found.AddRange(open.Where(l => l.IsOwn && l.Reason is not null).Select(l => Open(RuleOf(l.Rule), l, policy.Family)));

        // The policy of a chain has no line among the rules; the first that leads to it stands for it.
        var told = open.Where(l => l.IsOwn).Select(l => l.Reason).ToHashSet();
        found.AddRange(open.Where(l => !told.Contains(l.Reason)).DistinctBy(l => l.Reason).Select(l => Open(RuleOf(l.Rule), l, policy.Family)));
        return [.. found.OrderBy(d => d.Primary.Start)];
    }

    private static Diagnostic Open(Rule rule, LineFate line, Family family) =>
        Diagnostic.Error(
            CompilerCodes.NotCompilable,
            $"{(line.Fate == Fate.Deferred ? "no packet that meets this rule can be judged" : "not every packet that meets this rule can be judged")}: {line.Reason!.Value.Why()}",
            rule.Span) with
        {
            Notes = line.IsOwn ? NotesOn(rule, line.Reason!.Value, family) : ["it is not this rule that asks, but what packets meet after it: the policy of the chain"],
            Help = line.Reason!.Value.Help(),
        };

    /// <summary>Which part of the rule it is.</summary>
    private static ImmutableArray<string> NotesOn(Rule rule, DeferReason reason, Family family) =>
        rule.Matches.FirstOrDefault(m => m.Meaning(family).Atoms.Any(a => IsFor(a, reason))) is { ModuleName: { } name } ? [$"-m {name} asks for it"]
        : reason is DeferReason.Log or DeferReason.Reject or DeferReason.Target or DeferReason.Nat && rule.Target.Name is { } target ? [$"-j {target} asks for it"]
        : [];

    private static bool IsFor(Atom atom, DeferReason reason) => atom switch
    {
        Unknowable unknowable => unknowable.Reason == reason,
        Test test => IsFor(test.Field, reason),
        AnyOf any => any.Tests.Any(t => IsFor(t.Field, reason)),
        Search search => (reason == DeferReason.Memory && search.Program.KeepsMemory) || search.Program.Fields.Any(f => IsFor(f, reason)),
        _ => false,
    };

    private static bool IsFor(Field field, DeferReason reason) => field.Kind.IsOfSurroundings() && field.Kind.WhenUnknown() == reason;

    private static Diagnostic NowhereJudged(Rule rule, RuleIdentity identity) =>
        Diagnostic.Error(CompilerCodes.NotCompilable, $"no packet that meets the rules of {identity.Chain} can be judged: XDP sees no outgoing packets", rule.Span) with
        {
            Help = "--hook xdp,netfilter judges them where they leave; --chain INPUT leaves them out",
        };

    private static Diagnostic Earlier(Rule rule, RuleIdentity identity, DeferReason reason) =>
        Diagnostic.Error(CompilerCodes.EarlierTable, "this rule acts on packets before the filter table does", rule.Span) with
        {
            Notes =
            [
                $"{identity.Chain} in table {identity.Table} stands between the wire and the filter table; at XDP, which is before both, packets that meet it cannot be judged: {reason.Why()}",
            ],
            Help = "--hook netfilter judges the chain where packets come out of it",
        };
}
