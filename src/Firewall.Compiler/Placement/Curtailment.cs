using System.Collections.Immutable;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Placement;

/// <summary>
/// Profile offload takes rule sets of any size: where a chain is longer than a program can be, packets that get so far are left to iptables, which judges them anyway.
/// </summary>
internal static class Curtailment
{
    /// <summary>Shorter chains are not worth a program.</summary>
    private const int FewestRules = 16;

    public const string Note = "the rules are more than a program can hold: iptables judges packets that get here";

    /// <summary>The request with chains as short as they must be.</summary>
    public static PlanRequest Of(PlanRequest request)
    {
        var limit = Budgets.MostRulesPerChain;
        var shorter = Cut(request, limit);
        while (RulesOf(shorter) > Budgets.MostRules && limit > FewestRules) { shorter = Cut(request, limit /= 2); }
        return shorter;
    }

    private static int RulesOf(PlanRequest request) => HostRules.From(Hook.Prerouting, request.IPv4, request.IPv6).Graphs.Sum(g => g.RuleCount);

    private static PlanRequest Cut(PlanRequest request, int limit) => request with { IPv4 = Cut(request.IPv4, limit), IPv6 = Cut(request.IPv6, limit) };

    private static Policy? Cut(Policy? policy, int limit) => policy is null || policy.Tables.All(t => t.Chains.All(c => c.Rules.Length <= limit))
        ? policy
        : policy with { Tables = [.. policy.Tables.Select(t => t with { Chains = [.. t.Chains.Select(c => Cut(c, limit))] })] };

    private static Chain Cut(Chain chain, int limit) => chain.Rules.Length <= limit
        ? chain
        : chain with { Rules = [.. chain.Rules.Take(limit - 1), chain.Rules[limit - 1] with { Matches = [], Target = new TheRest() }] };

    /// <summary>Stands for all rules from here on.</summary>
    private sealed record TheRest : Target
    {
        public override string? Name => null;

        public override Effect Effect => new LeaveToKernel(DeferReason.Accepted);

        public override void Print(OptionWriter writer) => writer.WriteWords([]);
    }

    /// <summary>The rules that stand behind a cut, or in chains that only those lead to.</summary>
    public static ImmutableHashSet<RuleIdentity> Behind(PlanRequest whole, PlanRequest cut) => ReferenceEquals(whole, cut) || (ReferenceEquals(whole.IPv4, cut.IPv4) && ReferenceEquals(whole.IPv6, cut.IPv6))
        ? []
        : [.. Reachable(whole).Where(r => r.Rule.Target is not TheRest).Select(r => r.Identity).Except(Reachable(cut).Where(r => r.Rule.Target is not TheRest).Select(r => r.Identity))];

    private static IEnumerable<(RuleIdentity Identity, Rule Rule)> Reachable(PlanRequest request) => new[] { Hook.Input, Hook.Forward }
        .SelectMany(h => HostRules.AtHook(h, request.IPv4, request.IPv6).Stations)
        .SelectMany(s => s.Graph.Chains.SelectMany(c => c.Rules.Select(r => (s.Identify(c, r), r))));
}
