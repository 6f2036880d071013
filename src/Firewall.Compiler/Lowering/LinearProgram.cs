using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Lowering;

/// <summary>The packet is deferred.</summary>
public sealed record DeferFor(DeferReason Reason) : Effect;

/// <summary>A rule as the linear back end sees it.</summary>
/// <param name="Counter">Its number in the <see cref="CounterLayout"/>.</param>
/// <param name="Callee">For jumps and gotos.</param>
public sealed record LinearRule(Rule Rule, LoweredGuard Guard, Effect Effect, int Counter, LinearChain? Callee)
{
    /// <summary>Whether the rule after this one can be reached: past it, or back from the chain it calls.</summary>
    public bool GoesOn => Guard.CanMiss || Effect is Continue or SetMark or Untrack or WriteLog || (Effect is Call && Callee!.MayReturn);
}

/// <summary>A chain without the rules that no packet can reach.</summary>
/// <param name="PolicyCounter">Number of the policy's counter for the built-in chain; null for user chains.</param>
/// <param name="ReachesEnd">Whether a packet can walk off its end.</param>
public sealed record LinearChain(Station Station, Chain Chain, ImmutableArray<LinearRule> Rules, int? PolicyCounter, bool ReachesEnd)
{
    public Family Family => Station.Family;

    public bool IsBase => PolicyCounter is not null;

    /// <summary>Whether a packet can come back from it to where the last jump came from; for a built-in chain, to the policy.</summary>
    public bool MayReturn { get; } = ReachesEnd || Rules.Any(r => r.Effect is ReturnToCaller || (r.Effect is Goto && r.Callee!.MayReturn));

    /// <summary>Whether a packet can leave the station to the next one.</summary>
    public bool MayAccept => Station.Table == "nat" || (IsBase && MayReturn && Chain.Policy == Verdict.Accept) || MayDecide(Verdict.Accept);

    private bool MayDecide(Verdict verdict)
    {
        var (seen, open) = (new HashSet<LinearChain> { this }, new Stack<LinearChain>([this]));
        while (open.TryPop(out var chain))
        {
            foreach (var rule in chain.Rules)
            {
                if (rule.Effect is Decide decide && decide.Verdict == verdict) { return true; }
                if (rule.Callee is { } callee && seen.Add(callee)) { open.Push(callee); }
            }
        }

        return false;
    }

    // Chains are shared nodes of a graph: the same chain is the same object.
    public bool Equals(LinearChain? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>Builds the linear form of a host's rules, callees first.</summary>
public sealed class LinearLowering(HostRules rules, CounterLayout counters, CompileOptions options)
{
    private readonly Dictionary<string, LinearChain> _done = new(StringComparer.Ordinal);

    /// <summary>Whether any rule on the way changes the mark, so that it is not what it was on the wire.</summary>
    private readonly bool _changesMark = rules.Graphs.SelectMany(g => g.Chains).SelectMany(c => c.Rules).Any(r => r.Target.Effect is SetMark);

    /// <summary>The built-in chain, from which everything hangs, of every station that a packet can reach.</summary>
    public ImmutableArray<LinearChain> LowerAll() => [.. rules.Families.SelectMany(LowerAll)];

    private IEnumerable<LinearChain> LowerAll(Family family)
    {
        var entrance = Reachable(rules.Entrance.SelectMany(h => rules.At(family, h))).ToList();
        var goesOn = rules.Hook == Hook.Prerouting && entrance.All(c => c.MayAccept);
        return goesOn ? [.. entrance, .. new[] { Hook.Input, Hook.Forward }.SelectMany(h => Reachable(rules.At(family, h)))] : entrance;
    }

    private IEnumerable<LinearChain> Reachable(IEnumerable<Station> stations)
    {
        foreach (var station in stations)
        {
            var root = Lower(station);
            yield return root;
            if (!root.MayAccept) { yield break; }
        }
    }

    private LinearChain Lower(Station station)
    {
        _done.Clear();
        var (graph, guards) = (station.Graph, new GuardLowering(station, options, _changesMark, rules.Hook == Hook.Prerouting));

        // Callees before callers, without recursion: rule sets nest as deep as iptables allows.
        var open = new Stack<(Chain Chain, bool Expanded)>([(graph.Base, false)]);
        while (open.TryPop(out var top))
        {
            if (_done.ContainsKey(top.Chain.Name)) { continue; }
            if (top.Expanded)
            {
                _done[top.Chain.Name] = Lower(top.Chain, station, guards);
                continue;
            }

            open.Push((top.Chain, true));
            foreach (var callee in top.Chain.Rules.Select(r => r.Callee).OfType<string>().Where(c => !_done.ContainsKey(c)))
            {
                open.Push((graph[callee], false));
            }
        }

        return _done[graph.Base.Name];
    }

    private LinearChain Lower(Chain chain, Station station, GuardLowering guards)
    {
        var kept = ImmutableArray.CreateBuilder<LinearRule>();
        var goesOn = true;
        for (var i = 0; i < chain.Rules.Length && goesOn; i++)
        {
            var rule = chain.Rules[i];
            var guard = guards.Lower(rule.Guard(station.Family), rules.KernelMemory.Contains(station.Identify(chain, rule)));
            if (guard.IsNever) { continue; }
            var effect = guard.Standing is { } doubt ? new DeferFor(doubt.Reason) : EffectOf(rule, chain, station);
            var callee = effect is Call or Goto ? _done[rule.Callee!] : null;
            var lowered = new LinearRule(rule, guard, effect, counters.OfRule(station, chain, i), callee);
            kept.Add(lowered);
            goesOn = lowered.GoesOn;
        }

        int? policy = ReferenceEquals(chain, station.Graph.Base) ? counters.OfPolicy(station) : null;
        return new LinearChain(station, chain, kept.ToImmutable(), policy, goesOn);
    }

    /// <summary>What the program does with a packet that the rule matches.</summary>
    private Effect EffectOf(Rule rule, Chain chain, Station station) => rule.Target.Effect switch
    {
        Decide or Continue or ReturnToCaller or Call or Goto => rule.Target.Effect,
        SetMark or Untrack when !station.IsOwned => rule.Target.Effect,
        Refuse when station.IsOwned && options.Reject == RejectMode.Drop => new Decide(Verdict.Drop),
        Refuse when station.IsOwned && options is { Reject: RejectMode.Xdp, Program: ProgramKind.Xdp } => rule.Target.Effect,
        WriteLog when Writes(station) && !rules.KernelMemory.Contains(station.Identify(chain, rule)) => rule.Target.Effect,
        var effect => new DeferFor(effect.WhyKernel(station.IsOwned)),
    };

    /// <summary>Whether our log takes packets; XDP knows no output device to log.</summary>
    private bool Writes(Station station) => station.IsOwned && options is { Log: LogMode.Ring, OnlyCertainDrops: false }
        && (options.Program == ProgramKind.Netfilter || station.Hook == Hook.Input);
}
