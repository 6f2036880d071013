using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Evaluation;

/// <summary>Where routing sends a packet.</summary>
/// <param name="Hook">INPUT or FORWARD.</param>
/// <param name="OutInterface">FORWARD: name of the device it will leave by; null when that is not known.</param>
public sealed record Route(Hook Hook, string? OutInterface);

/// <summary>
/// The reference: walks the chains rule by rule as <c>ipt_do_table</c> (net/ipv4/netfilter/ip_tables.c) does. Obviously right, never optimised; every
/// other engine must agree with it.
/// </summary>
/// <param name="rules">The rules of the host.</param>
/// <param name="context">What is known of the host besides its rules: reassembly and its MAC address. Hook and families are the rules'.</param>
/// <param name="memories">What modules remember, and the time.</param>
public sealed class Interpreter(HostRules rules, PacketContext context, Memories? memories = null)
{
    private readonly CounterLayout _layout = new(rules);
    private readonly PacketContext _context = context with { Hook = rules.Hook, Families = [.. rules.Families] };
    private readonly Memories _memories = memories ?? new Memories();
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
    public Decision Judge(ReadOnlyMemory<byte> frame, string? inInterface = null, string? outInterface = null, Action<TraceStep>? trace = null) =>
        Judge(frame, _context with { InInterface = inInterface, OutInterface = outInterface }, route: null, trace);

    /// <summary>Judges one frame of which more is known.</summary>
    /// <param name="frame">From the destination MAC address on.</param>
    /// <param name="known">What is known of it beside its bytes.</param>
    /// <param name="route">For rules that begin before routing: what routing will say; null when that is not known.</param>
    /// <param name="trace">Told about every rule that is asked.</param>
    public Decision Judge(ReadOnlyMemory<byte> frame, PacketContext known, Route? route, Action<TraceStep>? trace = null)
    {
        known = known with { Hook = _context.Hook, Families = _context.Families };
        return PacketView.TryDecode(frame, known, out var view, out var reason)
            ? new Journey(this, view, trace).Run(route)
            : Decision.Deferred(reason);
    }

    /// <summary>One packet's way along the stations.</summary>
    private sealed class Journey(Interpreter interpreter, PacketView packet, Action<TraceStep>? trace)
    {
        private readonly List<(Station Station, int Counter)> _matched = [];
        private PacketView _packet = packet;

        public Decision Run(Route? route)
        {
            var rules = interpreter.Rules;
            var decision = rules.Entrance.SelectMany(h => rules.At(_packet.Family, h)).Aggregate((Decision?)null, (done, s) => done ?? Visit(s));
            if (rules.Hook == Hook.Prerouting && decision is null)
            {
                // Rules for routes may ask for the mark; what they say is known for none.
                if (route is null || !IsKnown(FieldKind.Mark, 0)) { return Decision.Deferred(DeferReason.Destination); }
                if (_packet.WhyNotAt(route.Hook) is { } why) { return Decision.Deferred(why); }
                _packet = _packet.With(_packet.Context with { Hook = route.Hook, OutInterface = route.OutInterface });
                decision = rules.At(_packet.Family, route.Hook).Aggregate((Decision?)null, (done, s) => done ?? Visit(s));
            }

            return decision ?? Accept(new Decision(DecisionKind.Accept, _accepting, IsHotdrop: false, Reason: null));
        }

        /// <summary>The rule that accepted in the last table; null for a policy.</summary>
        private RuleIdentity? _accepting;

        /// <summary>Null when the packet goes on to the next station.</summary>
        private Decision? Visit(Station station)
        {
            if (station.Table == "nat")
            {
                if (WhyTranslated() is { } why) { return Decision.Deferred(why); }
                if (IsKnown(FieldKind.TrackLookup, 1) || BeginsNothing()) { return null; }
            }

            var walk = new Walk(interpreter, station, _packet, _matched, trace);
            var end = walk.Run();
            _packet = walk.Packet;
            switch (end)
            {
                case { Kind: DecisionKind.Accept }:
                    _accepting = end.Rule;
                    return null;
                case { Kind: DecisionKind.Drop }:
                    return Drop(end);
                default:
                    return end;
            }
        }

        /// <summary>Whether a connection that is already translated may hold the packet: its addresses change before routing.</summary>
        private DeferReason? WhyTranslated() =>
            IsKnown(FieldKind.TrackLookup, 0) ? null
            : IsKnown(FieldKind.TrackLookup, 1) && _packet.Context.Possible(FieldKind.LookupStatus) is { IsSingle: true } status && (status.Ranges[0].Low & TranslationBits) == 0 ? null
            : DeferReason.Nat;

        /// <summary>Whether the packet is certainly not the first of a connection: the table does not see it.</summary>
        private bool BeginsNothing() =>
            _packet.Context.Possible(FieldKind.TrackState) is { } states && !states.Contains((uint)TrackState.New) && !states.Contains((uint)TrackState.Related);

        private bool IsKnown(FieldKind kind, UInt128 value) => _packet.Context.Possible(kind) is { IsSingle: true } known && known.Ranges[0].Low == value;

        private Decision Accept(Decision decision)
        {
            if (_packet.Context.OnlyCertainDrops) { return Decision.Deferred(DeferReason.Accepted); }
            Count(_matched.Where(m => m.Station.IsOwned));
            return decision;
        }

        private Decision Drop(Decision decision)
        {
            var context = _packet.Context;
            if (context is { TracksConnections: true, IsNetfilter: false } && !IsKnown(FieldKind.TrackLookup, 0)) { return Decision.Deferred(DeferReason.Tracking); }
            Count(_matched);
            return decision;
        }

        /// <summary>Counts with the verdict: a deferred packet counts nowhere.</summary>
        private void Count(IEnumerable<(Station Station, int Counter)> matched)
        {
            foreach (var (_, counter) in matched) { interpreter.Counters[counter] = interpreter.Counters[counter].Add(_packet.TotalLength); }
        }
    }

    /// <summary><c>IPS_SRC_NAT | IPS_DST_NAT</c>.</summary>
    private const uint TranslationBits = 0x30;

    private HostRules Rules => rules;

    /// <summary>One packet's way through the chains of a station.</summary>
    private sealed class Walk(Interpreter interpreter, Station station, PacketView packet, List<(Station Station, int Counter)> matched, Action<TraceStep>? trace)
    {
        private readonly Stack<(Chain Chain, int Index)> _returns = new();

        /// <summary>The packet as the rules have left it.</summary>
        public PacketView Packet { get; private set; } = packet;

        public Decision Run()
        {
            var (chain, index) = (station.Graph.Base, 0);
            while (true)
            {
                if (index == chain.Rules.Length)
                {
                    if (!_returns.TryPop(out var caller)) { return Policy(); }
                    (chain, index) = caller;
                    continue;
                }

                var rule = chain.Rules[index];
                var counter = interpreter._layout.OfRule(station, chain, index);
                var identity = station.Identify(chain, rule);
                var result = new GuardEvaluator(new RuleMemory(interpreter._memories, identity), IsMemoryOurs && !interpreter.Rules.KernelMemory.Contains(identity)).Evaluate(rule.Guard(station.Family), Asked());
                trace?.Invoke(new TraceStep(identity, rule, _returns.Count, result));
                if (result.Counts) { matched.Add((station, counter)); }
                switch (result.Outcome)
                {
                    case GuardOutcome.NoMatch:
                        index++;
                        continue;
                    case GuardOutcome.Hotdrop:
                        return Decision.Hotdropped;
                    case GuardOutcome.Unknown:
                        return Decision.Deferred(result.Reason!.Value);
                }

                switch (rule.Target.Effect)
                {
                    case Decide decide:
                        return Decided(decide.Verdict, identity);
                    case Call call:
                        _returns.Push((chain, index + 1));
                        (chain, index) = (station.Graph[call.Chain], 0);
                        break;
                    case Goto go:
                        (chain, index) = (station.Graph[go.Chain], 0);
                        break;
                    case ReturnToCaller:
                        index = chain.Rules.Length;
                        break;
                    case Continue:
                        index++;
                        break;
                    case SetMark set when !station.IsOwned:
                        Know(FieldKind.Mark, Packet.Context.Possible(FieldKind.Mark) is { IsSingle: true } mark ? ValueSet.Of((mark.Ranges[0].Low & ~(UInt128)set.Clear) ^ set.Flip) : null);
                        index++;
                        break;
                    case Untrack when !station.IsOwned:
                        Know(FieldKind.TrackState, ValueSet.Of((uint)TrackState.Untracked));
                        Know(FieldKind.HasConnection, ValueSet.Of(0));
                        Know(FieldKind.TrackLookup, ValueSet.Of(0));
                        index++;
                        break;
                    case WriteLog when Writes(identity):
                        index++;
                        break;
                    case Refuse refuse when Answers(refuse):
                        return Decided(Verdict.Drop, identity);
                    case var effect:
                        return Decision.Deferred(effect.WhyKernel(station.IsOwned));
                }
            }
        }

        /// <summary>The packet as rules of the station know it: table raw comes before connection tracking.</summary>
        private PacketView Asked() => station.Table != "raw" || Packet.Context.Surroundings.IsEmpty ? Packet
            : Packet.With(Packet.Context with { Surroundings = Packet.Context.Surroundings.RemoveRange([FieldKind.TrackState, FieldKind.HasConnection]) });

        /// <summary>Whether our log takes the packet; XDP knows no output device to log.</summary>
        private bool Writes(RuleIdentity rule) =>
            IsMemoryOurs && Packet.Context.Log == LogMode.Ring && (Packet.Context.IsNetfilter || station.Hook == Hook.Input) && !interpreter.Rules.KernelMemory.Contains(rule);

        /// <summary>Whether the packet is refused here, with its answer or without one.</summary>
        private bool Answers(Refuse refuse) => station.IsOwned && Packet.Context.Reject switch
        {
            RejectMode.Drop => true,
            RejectMode.Xdp when !Packet.Context.IsNetfilter => RejectReply.Build(Packet.Frame, Packet, refuse.With, station.Hook).Outcome != RejectOutcome.Unknown,
            _ => false,
        };

        /// <summary>Memory of tables that stay with the kernel is the kernel's.</summary>
        private bool IsMemoryOurs => station.IsOwned && !Packet.Context.OnlyCertainDrops;

        private void Know(FieldKind kind, ValueSet? values)
        {
            var all = Packet.Context.Surroundings;
            Packet = Packet.With(Packet.Context with { Surroundings = values is null ? all.Remove(kind) : all.SetItem(kind, values) });
        }

        private static Decision Decided(Verdict verdict, RuleIdentity? rule) =>
            new(verdict == Verdict.Accept ? DecisionKind.Accept : DecisionKind.Drop, rule, IsHotdrop: false, Reason: null);

        private Decision Policy()
        {
            matched.Add((station, interpreter._layout.OfPolicy(station)));
            return Decided(station.Graph.Base.Policy!.Value, rule: null);
        }
    }
}

/// <summary>One rule that was asked about a packet.</summary>
/// <param name="Depth">How many jumps lead here; 0 in the built-in chain.</param>
public sealed record TraceStep(RuleIdentity Identity, Rule Rule, int Depth, GuardResult Result);
