using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Evaluation;

/// <summary>
/// The reference: walks the chains rule by rule as <c>ipt_do_table</c> (net/ipv4/netfilter/ip_tables.c) does. Obviously right, never optimised; every
/// other engine must agree with it.
/// </summary>
/// <param name="rules">The rules of the host.</param>
/// <param name="context">What is known of the host besides its rules: reassembly and its MAC address. Hook and families are the rules'.</param>
public sealed class Interpreter(HostRules rules, PacketContext context)
{
    private readonly CounterLayout _layout = new(rules);
    private readonly PacketContext _context = context with { Hook = rules.Hook, Families = [.. rules.Graphs.Select(g => g.Family)] };
    private Counters[]? _counters;

    /// <summary>What the numbers of the counters mean.</summary>
    public CounterLayout Layout => _layout;

    private Counters[] Counters => _counters ??= new Counters[_layout.Entries.Length];

    /// <summary>What has been counted so far, by number in <see cref="Layout"/>.</summary>
    public ImmutableArray<Counters> ReadCounters() => [.. Counters];

    /// <summary>Judges one frame.</summary>
    /// <param name="frame">From the destination MAC address on.</param>
    /// <param name="inInterface">Name of the device it came in by; null when that is not known.</param>
    /// <param name="outInterface">FORWARD: name of the device it will leave by; null when that is not known.</param>
    /// <param name="trace">Told about every rule that is asked.</param>
    public Decision Judge(ReadOnlyMemory<byte> frame, string? inInterface = null, string? outInterface = null, Action<TraceStep>? trace = null)
    {
        var known = _context with { InInterface = inInterface, OutInterface = outInterface };
        return PacketView.TryDecode(frame, known, out var view, out var reason)
            ? new Walk(this, rules.For(view.Family)!, view, trace).Run()
            : Decision.Deferred(reason);
    }

    /// <summary>One packet's way through the chains.</summary>
    private sealed class Walk(Interpreter interpreter, ChainGraph graph, PacketView packet, Action<TraceStep>? trace)
    {
        private readonly Stack<(Chain Chain, int Index)> _returns = new();
        private readonly List<int> _matched = [];

        public Decision Run()
        {
            var (chain, index) = (graph.Base, 0);
            while (true)
            {
                if (index == chain.Rules.Length)
                {
                    if (!_returns.TryPop(out var caller)) { return Policy(); }
                    (chain, index) = caller;
                    continue;
                }

                var rule = chain.Rules[index];
                var result = GuardEvaluator.Evaluate(GuardOf(rule), packet);
                trace?.Invoke(new TraceStep(new RuleIdentity(graph.Family, HostRules.Table, chain.Name, rule.Number, rule.Line), rule, _returns.Count, result));
                if (result.Counts) { _matched.Add(interpreter._layout.OfRule(graph.Family, chain, index)); }
                switch (result.Outcome)
                {
                    case GuardOutcome.NoMatch:
                        index++;
                        continue;
                    case GuardOutcome.Hotdrop:
                        return Commit(Decision.Hotdropped);
                    case GuardOutcome.Unknown:
                        return Decision.Deferred(result.Reason!.Value);
                }

                switch (rule.Target.Effect)
                {
                    case Decide decide:
                        return Commit(Decided(decide.Verdict, interpreter._layout.Entries[_matched[^1]].Identity));
                    case Call call:
                        _returns.Push((chain, index + 1));
                        (chain, index) = (graph[call.Chain], 0);
                        break;
                    case Goto go:
                        (chain, index) = (graph[go.Chain], 0);
                        break;
                    case ReturnToCaller:
                        index = chain.Rules.Length;
                        break;
                    case Continue:
                        index++;
                        break;
                    default:
                        throw new InvalidOperationException($"line {rule.Line} has not been checked for placement");
                }
            }
        }

        private static Decision Decided(Verdict verdict, RuleIdentity? rule) =>
            new(verdict == Verdict.Accept ? DecisionKind.Accept : DecisionKind.Drop, rule, IsHotdrop: false, Reason: null);

        private Guard GuardOf(Rule rule) =>
            rule.Guard(graph.Family) ?? throw new InvalidOperationException($"line {rule.Line} has not been checked for placement");

        private Decision Policy()
        {
            _matched.Add(interpreter._layout.OfPolicy(graph.Family, graph.Base));
            return Commit(Decided(graph.Base.Policy!.Value, rule: null));
        }

        /// <summary>Counts with the verdict: a deferred packet counts nowhere.</summary>
        private Decision Commit(Decision decision)
        {
            foreach (var counter in _matched) { interpreter.Counters[counter] = interpreter.Counters[counter].Add(packet.TotalLength); }
            return decision;
        }
    }
}

/// <summary>One rule that was asked about a packet.</summary>
/// <param name="Depth">How many jumps lead here; 0 in the built-in chain.</param>
public sealed record TraceStep(RuleIdentity Identity, Rule Rule, int Depth, GuardResult Result);
