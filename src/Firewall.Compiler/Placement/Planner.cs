using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Placement;

/// <summary>
/// Chooses, chain by chain, the program that judges it: XDP where it knows all that the rules ask, else the chain's own netfilter hook, else both, each doing what it can.
/// </summary>
public sealed class Planner
{
    private static readonly ImmutableArray<Hook> AllChains = [Hook.Input, Hook.Forward, Hook.Output];

    private readonly PlanRequest _request;
    private readonly Dictionary<(Hook, Hooks, bool), ImmutableArray<RuleFate>> _fates = [];

    private readonly PlanRequest _whole;

    private Planner(PlanRequest request) => (_whole, _request) = (request, request.Profile == Profile.Offload ? Curtailment.Of(request) : request);

    public static Plan Make(PlanRequest request) => new Planner(Replies.AreSeen(request)
        ? request with { Options = request.Options with { Reject = RejectMode.Deferred } }
        : request).Make();

    /// <summary>Where nothing says which hooks are used: the planner's choice, or both for every chain, if that leaves fewer lines to iptables.</summary>
    public static Plan Best(PlanRequest request)
    {
        var chosen = Make(request);
        if (request.Hooks is not null || request.Profile == Profile.Offload || chosen.IsExact) { return chosen; }
        var both = Make(request with { Hooks = Hooks.Both });
        return Open(both) < Open(chosen) ? both : chosen;

        static int Open(Plan plan) => plan.Lines.Count(l => l.IsOpen && l.Rule.Table == HostRules.Table);
    }

    private Plan Make()
    {
        var chains = WithoutBarePolicy(Agreed([.. (_request.Chains.IsEmpty ? AllChains.Where(DoesSomething) : _request.Chains).DefaultIfEmpty(Hook.Input).Select(Place)]));
        return new Plan(Programs(chains), chains, Lines(chains))
        {
            Earlier = [.. chains.Where(c => c.Hooks == Hooks.Xdp && !OnlyDrops(c)).SelectMany(c => Earlier(c.Chain)).DistinctBy(f => f.Rule)],
        };
    }

    /// <summary>
    /// An XDP program for INPUT alone would judge forwarded packets too, or leave them to iptables; so both chains go where the one that asks for more must go.
    /// </summary>
    private ImmutableArray<ChainPlan> Agreed(ImmutableArray<ChainPlan> chains) =>
        _request.Hooks is not null || _request.Profile == Profile.Offload || chains.FirstOrDefault(c => c.Chain != Hook.Output && c.Hooks == Hooks.Netfilter) is not { } late
            ? chains
            : [.. chains.Select(c => c.Hooks != Hooks.Xdp ? c : c with { Hooks = Hooks.Netfilter, Why = $"{late.Chain.ChainName()} is judged there, and packets for both come in by the same interfaces" })];

    /// <summary>
    /// A FORWARD without rules does not make an XDP program ask for routes: hosts that forward nothing have it, and no loader but ours fills the maps of addresses that the question needs.
    /// </summary>
    private ImmutableArray<ChainPlan> WithoutBarePolicy(ImmutableArray<ChainPlan> chains) =>
        _request.Chains.IsEmpty && chains.Any(c => c is { Chain: Hook.Input, Hooks: Hooks.Xdp or Hooks.Both }) && !HasRules(Hook.Forward)
            ? [.. chains.Select(c => c.Chain != Hook.Forward ? c : c with { Hooks = c.Hooks & Hooks.Netfilter, Why = "it has no rules: its policy is left to iptables, and XDP takes every packet for INPUT's" })]
            : chains;

    private bool HasRules(Hook chain) => _request.Policies.Any(p => p.Table(HostRules.Table)?.Chain(chain.ChainName())?.Rules.Length > 0);

    private bool DoesSomething(Hook chain) => _request.Policies
        .Select(p => p.Table(HostRules.Table)?.Chain(chain.ChainName()))
        .Any(c => c is not null && (c.Rules.Length > 0 || c.Policy == Verdict.Drop));

    private ChainPlan Place(Hook chain)
    {
        if (_request.Profile == Profile.Offload)
        {
            return chain == Hook.Output ? new ChainPlan(chain, Hooks.None, "iptables judges what this host sends")
                : new ChainPlan(chain, Hooks.Xdp, "XDP drops what iptables would certainly drop");
        }

        if (_request.Hooks is { } given)
        {
            return chain != Hook.Output ? new ChainPlan(chain, given, "as asked for")
                : given.HasFlag(Hooks.Netfilter) ? new ChainPlan(chain, Hooks.Netfilter, "XDP sees no outgoing packets")
                : new ChainPlan(chain, Hooks.None, "XDP sees no outgoing packets");
        }

        if (chain == Hook.Output) { return new ChainPlan(chain, Hooks.Netfilter, "XDP sees no outgoing packets"); }
        var (xdp, netfilter) = (Open(chain, Hooks.Xdp), Open(chain, Hooks.Netfilter));
        var earlier = Earlier(chain);
        if (xdp.Length == 0 && earlier.Length == 0) { return new ChainPlan(chain, Hooks.Xdp, "XDP knows all that its rules ask"); }
        if (earlier.Length > 0) { return new ChainPlan(chain, Hooks.Netfilter, $"table {earlier[0].Rule.Table} acts on packets before (line {earlier[0].Rule.Line})"); }
        var gained = xdp.Where(f => f.IsOwn && !netfilter.Any(n => n.IsOwn && n.Rule == f.Rule)).DefaultIfEmpty(xdp[0]).ToImmutableArray();
        return (netfilter.Length, netfilter.Count(f => f.IsOwn)).CompareTo((xdp.Length, xdp.Count(f => f.IsOwn))) < 0
            ? new ChainPlan(chain, Hooks.Netfilter, $"{Lines(gained)} at XDP on what only the netfilter hook knows ({gained[0].Reason?.Text()}, line {gained[0].Rule.Line})")
            : new ChainPlan(chain, Hooks.Xdp, $"the netfilter hook would know no more ({xdp[0].Reason?.Text()}, line {xdp[0].Rule.Line})");
    }

    private static string Lines(ImmutableArray<RuleFate> open) => open.Length == 1 ? "1 line depends" : $"{open.Length} lines depend";

    /// <summary>The rules of a chain that one kind of program does not compile.</summary>
    private ImmutableArray<RuleFate> Open(Hook chain, Hooks hook) =>
        [.. FatesOf(chain, hook, onlyDrops: false).Where(f => f.Rule.Table == HostRules.Table && f.Fate is Fate.Partial or Fate.Deferred)];

    /// <summary>The rules of earlier tables that leave packets to the kernel before they come to the chain.</summary>
    private ImmutableArray<RuleFate> Earlier(Hook chain)
    {
        var program = AtXdp(chain, onlyDrops: false);
        return Fates.Earlier(program.Rules, program.Options);
    }

    private ImmutableArray<RuleFate> FatesOf(Hook chain, Hooks hook, bool onlyDrops)
    {
        if (!_fates.TryGetValue((chain, hook, onlyDrops), out var fates))
        {
            var program = hook == Hooks.Xdp ? AtXdp(chain, onlyDrops) : AtNetfilter(chain);
            _fates.Add((chain, hook, onlyDrops), fates = Fates.Of(program.Rules, program.Options));
        }

        return fates;
    }

    private PlannedProgram AtXdp(Hook hook, bool onlyDrops) =>
        WithMemory(HostRules.From(hook, _request.IPv4, _request.IPv6), _request.Options with { Program = ProgramKind.Xdp, OnlyCertainDrops = onlyDrops });

    private PlannedProgram AtNetfilter(Hook hook) =>
        WithMemory(HostRules.AtHook(hook, _request.IPv4, _request.IPv6), _request.Options with { Program = ProgramKind.Netfilter, OnlyCertainDrops = false });

    private static PlannedProgram WithMemory(HostRules rules, CompileOptions options) =>
        new(rules with { KernelMemory = Fates.KernelMemory(rules, options) }, options);

    private ImmutableArray<PlannedProgram> Programs(ImmutableArray<ChainPlan> chains)
    {
        var programs = ImmutableArray.CreateBuilder<PlannedProgram>();
        var early = chains.Where(c => c.Hooks.HasFlag(Hooks.Xdp)).ToList();

        // An interface runs one XDP program: it judges both chains, or the one that is there.
        if (early.Count > 0) { programs.Add(AtXdp(early.Count == 1 ? early[0].Chain : Hook.Prerouting, early.Exists(OnlyDrops))); }
        programs.AddRange(chains.Where(c => c.Hooks.HasFlag(Hooks.Netfilter)).Select(c => AtNetfilter(c.Chain)));
        return programs.ToImmutable();
    }

    private bool OnlyDrops(ChainPlan chain) => _request.Profile == Profile.Offload || chain.Hooks == Hooks.Both;

    private ImmutableArray<LineFate> Lines(ImmutableArray<ChainPlan> chains)
    {
        var fates = chains.SelectMany(BestOf).GroupBy(f => f.Rule).ToDictionary(g => g.Key, g => g.MaxBy(f => f.Fate)!);
        var behind = Curtailment.Behind(_whole, _request);
        var lines = ImmutableArray.CreateBuilder<LineFate>();
        foreach (var policy in _whole.Policies)
        {
            foreach (var (table, chain, rule) in policy.Tables.SelectMany(t => t.Chains.SelectMany(c => c.Rules.Select(r => (t, c, r)))).OrderBy(r => r.r.Line).ThenBy(r => r.r.Number))
            {
                var identity = new RuleIdentity(policy.Family, table.Name, chain.Name, rule.Number, rule.Line);
                lines.Add(behind.Contains(identity) ? new LineFate(identity, Fate.Deferred, Where: null, Reason: null) { IsOwn = true, Note = Curtailment.Note } : fates.GetValueOrDefault(identity) ?? (table.Name == HostRules.Table
                    ? new LineFate(identity, Fate.Unreachable, Where: null, Reason: null)
                    : new LineFate(identity, Fate.Deferred, Where: null, table.Name == "nat" ? DeferReason.Nat : DeferReason.EarlierTable)));
            }
        }

        return lines.ToImmutable();
    }

    /// <summary>Of each rule of a chain the best that the chain's programs make of it.</summary>
    private IEnumerable<LineFate> BestOf(ChainPlan chain)
    {
        var found = new Dictionary<RuleIdentity, LineFate>();
        if (chain.Hooks == Hooks.None)
        {
            foreach (var (station, other, rule) in HostRules.AtHook(chain.Chain, _request.IPv4, _request.IPv6).Stations.SelectMany(s => s.Graph.Chains.SelectMany(c => c.Rules.Select(r => (s, c, r)))))
            {
                var identity = station.Identify(other, rule);
                found[identity] = new LineFate(identity, Fate.Deferred, Where: null, Reason: null) { IsOwn = true, Note = "XDP sees no outgoing packets" };
            }
        }

        foreach (var (hook, kind) in new[] { (Hooks.Xdp, ProgramKind.Xdp), (Hooks.Netfilter, ProgramKind.Netfilter) }.Where(h => chain.Hooks.HasFlag(h.Item1)))
        {
            foreach (var fate in FatesOf(chain.Chain, hook, hook == Hooks.Xdp && OnlyDrops(chain)))
            {
                // What is dropped early is done; what is open there is the other program's to explain.
                if (!found.TryGetValue(fate.Rule, out var other) || fate.Fate < other.Fate || (fate.Fate == other.Fate && other.IsOpen))
                {
                    found[fate.Rule] = new LineFate(fate.Rule, fate.Fate, fate.Fate == Fate.Deferred ? null : kind, fate.Reason) { IsOwn = fate.IsOwn };
                }
            }
        }

        return found.Values;
    }
}
