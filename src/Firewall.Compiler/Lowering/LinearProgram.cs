using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Lowering;

/// <summary>The rule asks for the output device, which is not known: a packet that meets all its other conditions is deferred.</summary>
public sealed record DeferForOutput : Effect;

/// <summary>A rule as the linear back end sees it.</summary>
/// <param name="Counter">Its number in the <see cref="CounterLayout"/>.</param>
/// <param name="Callee">For jumps and gotos.</param>
public sealed record LinearRule(Rule Rule, LoweredGuard Guard, Effect Effect, int Counter, LinearChain? Callee)
{
    /// <summary>Whether the rule after this one can be reached: past it, or back from the chain it calls.</summary>
    public bool GoesOn => Guard.CanMiss || Effect is Continue || (Effect is Call && Callee!.MayReturn);
}

/// <summary>A chain without the rules that no packet can reach.</summary>
/// <param name="PolicyCounter">Number of the policy's counter for the built-in chain; null for user chains.</param>
/// <param name="ReachesEnd">Whether a packet can walk off its end.</param>
public sealed record LinearChain(Chain Chain, Family Family, ImmutableArray<LinearRule> Rules, int? PolicyCounter, bool ReachesEnd)
{
    public bool IsBase => PolicyCounter is not null;

    /// <summary>Whether a packet can come back from it to where the last jump came from.</summary>
    public bool MayReturn { get; } = ReachesEnd || Rules.Any(r => r.Effect is ReturnToCaller || (r.Effect is Goto && r.Callee!.MayReturn));

    // Chains are shared nodes of a graph: the same chain is the same object.
    public bool Equals(LinearChain? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>Builds the linear form of one family's rules, callees first.</summary>
public sealed class LinearLowering(HostRules rules, CounterLayout counters, GuardLowering guards)
{
    private readonly Dictionary<string, LinearChain> _done = new(StringComparer.Ordinal);

    public LinearChain Lower(Station station)
    {
        _done.Clear();
        var graph = station.Graph;

        // Callees before callers, without recursion: rule sets nest as deep as iptables allows.
        var open = new Stack<(Chain Chain, bool Expanded)>([(graph.Base, false)]);
        while (open.TryPop(out var top))
        {
            if (_done.ContainsKey(top.Chain.Name)) { continue; }
            if (top.Expanded)
            {
                _done[top.Chain.Name] = Lower(top.Chain, station);
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

    private LinearChain Lower(Chain chain, Station station)
    {
        var graph = station.Graph;
        var kept = ImmutableArray.CreateBuilder<LinearRule>();
        var goesOn = true;
        for (var i = 0; i < chain.Rules.Length && goesOn; i++)
        {
            var rule = chain.Rules[i];
            var guard = guards.Lower(Understood(rule, graph.Family), graph.Family);
            if (guard.IsNever) { continue; }
            Effect effect = guard.AsksUnknownOut ? new DeferForOutput() : rule.Target.Effect ?? throw NotUnderstood(rule);
            var callee = effect is Call or Goto ? _done[rule.Callee!] : null;
            var lowered = new LinearRule(rule, guard, effect, counters.OfRule(station, chain, i), callee);
            kept.Add(lowered);
            goesOn = lowered.GoesOn;
        }

        int? policy = ReferenceEquals(chain, graph.Base) ? counters.OfPolicy(station) : null;
        return new LinearChain(chain, graph.Family, kept.ToImmutable(), policy, goesOn);
    }

    private static Guard Understood(Rule rule, Family family) => rule.Guard(family) ?? throw NotUnderstood(rule);

    private static InvalidOperationException NotUnderstood(Rule rule) =>
        new($"line {rule.Line} has not been checked for placement: {rule.ToText()}");

    /// <summary>The rules of the host, lowered: per family the built-in chain from which everything hangs.</summary>
    public ImmutableArray<LinearChain> LowerAll() => [.. rules.Stations.Where(s => s.Table == HostRules.Table).Select(Lower)];
}
