using System.Collections.Immutable;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;
using Table = Firewall.Rules.Meaning.Table;

namespace Firewall.Compiler.Placement;

/// <summary>
/// What a program makes of a rule, for whole, untagged, well-formed packets that meet it.
/// </summary>
public enum Fate
{
    /// <summary>All of them get iptables' verdict and counters from the program.</summary>
    Compiled,

    /// <summary>Some do; the others are deferred, here or at a later rule.</summary>
    Partial,

    /// <summary>All are deferred.</summary>
    Deferred,

    /// <summary>No packet meets it.</summary>
    Unreachable,
}

/// <summary>The fate of one rule in one program.</summary>
/// <param name="Reason">The first reason for which packets that meet the rule are deferred; its own before those of later rules.</param>
public sealed record RuleFate(RuleIdentity Rule, Fate Fate, DeferReason? Reason)
{
    /// <summary>Whether the reason is the rule's own, and not that of a later rule or of the policy.</summary>
    public bool IsOwn { get; init; }
}

/// <summary>The fates of the rules of a program.</summary>
public sealed class Fates
{
    private readonly ImmutableArray<LinearChain> _roots;
    private readonly HostRules _rules;
    private readonly CompileOptions _options;
    private readonly WalkGraph _graph;

    private Fates(HostRules rules, CompileOptions options)
    {
        (_rules, _options) = (rules, options);
        _roots = new LinearLowering(rules, new CounterLayout(rules), options).LowerAll();
        _graph = new WalkGraph(_roots, After);
    }

    /// <summary>The fate of every rule of every station that the program takes over, in the order of the stations. A rule that several stations reach appears for each.</summary>
    public static ImmutableArray<RuleFate> Of(HostRules rules, CompileOptions options) => new Fates(rules, options).Judge();

    /// <summary>The rules of tables that stay with the kernel at which packets are deferred before they come to a chain that the program takes over.</summary>
    public static ImmutableArray<RuleFate> Earlier(HostRules rules, CompileOptions options)
    {
        var fates = new Fates(rules, options);
        return
        [
            .. from chain in fates._graph.Chains
               where !chain.Station.IsOwned
               from index in Enumerable.Range(0, chain.Rules.Length)
               let own = fates.OwnReason(chain, index)
               where own is not null
               select new RuleFate(chain.Station.Identify(chain.Chain, chain.Rules[index].Rule), Fate.Deferred, own) { IsOwn = true },
        ];
    }

    /// <summary>
    /// The rules with memory, or a log, that iptables must keep, because packets that meet them may still be deferred, and iptables would then know of more or of fewer than we. Rules that share
    /// a table share that fate.
    /// </summary>
    public static ImmutableHashSet<RuleIdentity> KernelMemory(HostRules rules, CompileOptions options)
    {
        var memories = rules.Stations.SelectMany(s => s.Graph.Chains.SelectMany(c => c.Rules.Select(r => (Identity: s.Identify(c, r), Tables: TablesOf(r, s.Family))))).ToList();
        if (memories.TrueForAll(m => m.Tables is null)) { return []; }

        // The kernel lets the first rule that names a table decide its shape for all; rules that differ are left to it.
        var disputed = memories.SelectMany(m => m.Tables ?? []).Distinct().CountBy(t => t.Name).Where(t => t.Value > 1).Select(t => t.Key).ToHashSet(StringComparer.Ordinal);
        var kernel = memories.Where(m => m.Tables is { } own && own.Any(t => disputed.Contains(t.Name))).Select(m => m.Identity).ToImmutableHashSet();
        while (true)
        {
            var fates = new Fates(rules with { KernelMemory = kernel }, options);
            var deferring = fates.Places(fates.Defers).Where(p => p.Rule is not null).Select(p => p.Chain.Station.Identify(p.Chain.Chain, p.Rule!)).ToHashSet();
            var lost = memories.Where(m => m.Tables is not null && (deferring.Contains(m.Identity) || kernel.Contains(m.Identity))).ToList();
            var tables = lost.SelectMany(m => m.Tables!.Value).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
            var next = memories.Where(m => m.Tables is { } own && (own.Any(t => tables.Contains(t.Name)) || lost.Contains(m))).Select(m => m.Identity).ToImmutableHashSet();
            if (next.SetEquals(kernel)) { return kernel; }
            kernel = next;
        }
    }

    /// <summary>The tables that a rule's memory is in, none for cells and for logs; null when packets leave nothing behind.</summary>
    private static ImmutableArray<Table>? TablesOf(Rule rule, Family family)
    {
        var programs = rule.Guard(family).Atoms.OfType<Search>().Select(s => s.Program).Where(p => p.KeepsMemory).ToList();
        return programs.Count == 0 && rule.Target.Effect is not WriteLog ? null : [.. programs.SelectMany(p => p.Memories).OfType<Table>()];
    }

    private ImmutableArray<RuleFate> Judge()
    {
        var deferring = Places(Defers).Select(p => (p.Chain, p.Index)).ToHashSet();
        var deciding = _graph.WhichReach(All().Where(p => Decides(p.Chain, p.Index)).Select(p => (p.Chain, p.Index)));
        var reasons = ReachOfReasons();
        var fates = ImmutableArray.CreateBuilder<RuleFate>();
        foreach (var station in _rules.Stations.Where(s => s.IsOwned))
        {
            var kept = _graph.Chains.Where(c => c.Station == station)
                .SelectMany(c => c.Rules.Select((r, i) => (Rule: (object)r.Rule, Place: (c, i))))
                .ToDictionary(p => p.Rule, p => p.Place, ReferenceEqualityComparer.Instance);
            foreach (var chain in station.Graph.Chains)
            {
                foreach (var rule in chain.Rules)
                {
                    var identity = station.Identify(chain, rule);
                    fates.Add(!kept.TryGetValue(rule, out var place) ? new RuleFate(identity, Fate.Compiled, Reason: null)
                        : !deferring.Contains(place) ? new RuleFate(identity, Fate.Compiled, Reason: null)
                        : Open(identity, deciding.Contains(place) ? Fate.Partial : Fate.Deferred, OwnReason(place.c, place.i), () => reasons.First(r => r.Value.Contains(place)).Key));
                }
            }
        }

        return fates.ToImmutable();
    }

    private static RuleFate Open(RuleIdentity rule, Fate fate, DeferReason? own, Func<DeferReason> later) => new(rule, fate, own ?? later()) { IsOwn = own is not null };

    private IEnumerable<LinearChain> After(LinearChain root)
    {
        var here = _roots.Where(r => r.Family == root.Family && r.Station.Hook == root.Station.Hook).ToList();
        var next = here.IndexOf(root) + 1;
        return next < here.Count ? [here[next]]
            : root.Station.Hook != Hook.Prerouting ? []
            : _roots.Where(r => r.Family == root.Family && r.Station.Hook != Hook.Prerouting).GroupBy(r => r.Station.Hook).Select(h => h.First());
    }

    private IEnumerable<(LinearChain Chain, int Index)> All() =>
        _graph.Chains.SelectMany(c => Enumerable.Range(0, c.Rules.Length + 1).Select(i => (c, i)));

    /// <summary>The places from which a packet can come to one where <paramref name="holds"/>.</summary>
    private IEnumerable<(LinearChain Chain, int Index, Rule? Rule)> Places(Func<LinearChain, int, bool> holds) =>
        _graph.WhichReach(All().Where(p => holds(p.Chain, p.Index)).Select(p => (p.Chain, p.Index)))
            .Select(p => (p.Item1, p.Item2, p.Item2 < p.Item1.Rules.Length ? p.Item1.Rules[p.Item2].Rule : null));

    private bool Defers(LinearChain chain, int index) => OwnReason(chain, index) is not null;

    /// <summary>Why a packet may be deferred at this place; the devices that appear later are a class of their own.</summary>
    private DeferReason? OwnReason(LinearChain chain, int index)
    {
        if (index == chain.Rules.Length)
        {
            return !chain.IsBase || !chain.MayReturn ? null : ReasonOf(chain.Chain.Policy!.Value, chain);
        }

        var rule = chain.Rules[index];
        return rule.Guard.Doubts.FirstOrDefault(d => d is not (DeviceDoubt or OutDeviceDoubt))?.Reason
            ?? rule.Effect switch
            {
                DeferFor defer => defer.Reason,
                Decide decide => ReasonOf(decide.Verdict, chain),
                Refuse => ReasonOf(Verdict.Drop, chain),
                _ => null,
            };
    }

    private DeferReason? ReasonOf(Verdict verdict, LinearChain chain) =>
        verdict == Verdict.Drop ? _options is { TracksConnections: true, Program: ProgramKind.Xdp } ? DeferReason.Tracking : null
        : _options.OnlyCertainDrops && !After(Root(chain)).Any() ? DeferReason.Accepted
        : null;

    private LinearChain Root(LinearChain chain) => _roots.First(r => r.Station == chain.Station);

    private bool Decides(LinearChain chain, int index) => index == chain.Rules.Length
        ? chain.IsBase && chain.MayReturn && CanDecide(chain.Chain.Policy!.Value, chain)
        : chain.Rules[index] is { Guard.Standing: null, Effect: var effect } && (effect is Refuse || (effect is Decide decide && CanDecide(decide.Verdict, chain)));

    private bool CanDecide(Verdict verdict, LinearChain chain) => verdict == Verdict.Drop || (!_options.OnlyCertainDrops && !After(Root(chain)).Any());

    /// <summary>By reason, in the order of the rules: the places from which a packet can come to where it is deferred for it.</summary>
    private Dictionary<DeferReason, HashSet<(LinearChain, int)>> ReachOfReasons() => All()
        .Select(p => (Reason: OwnReason(p.Chain, p.Index), Place: (p.Chain, p.Index)))
        .Where(p => p.Reason is not null)
        .GroupBy(p => p.Reason!.Value)
        .ToDictionary(g => g.Key, g => _graph.WhichReach(g.Select(p => p.Place)));
}
