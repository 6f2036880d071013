using System.Globalization;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Emits the chains of one part. A chain is a block; a jump keeps the number of its return site in scratch memory, at the called chain's level. The
/// chain's end goes straight back when there is one site; else the number is where the next round of <see cref="Rounds"/> begins.
/// </summary>
/// <param name="inRounds">Whether <paramref name="asm"/> is the function of <see cref="Rounds"/>; else it is the program itself.</param>
internal sealed class PartEmitter(PartContext context, int part, Assembler asm, PartTails tails, bool inRounds)
{
    /// <summary>The place in front of the first rule, where a station of table nat asks whether the packet is its business.</summary>
    private const int Entrance = -1;

    /// <summary><c>IPS_SRC_NAT | IPS_DST_NAT</c> (include/uapi/linux/netfilter/nf_conntrack_common.h).</summary>
    private const int TranslationBits = 0x30;

    /// <summary>Added to an entry's number, to tell it from those of return sites.</summary>
    private const int FirstEntry = 1 << 24;

    private readonly Dictionary<(ChainCopy, int), Label> _places = [];
    private readonly Dictionary<ChainCopy, Label> _policies = [];
    private readonly Dictionary<Family, Label> _routings = [];
    private readonly Dictionary<(ChainCopy, int), Label> _transfers = [];

    /// <summary>Where chains of this part may return to.</summary>
    private readonly SortedDictionary<int, ReturnSite> _sites = [];

    /// <summary>Where other parts, and the parser, enter this one.</summary>
    private readonly List<(ChainCopy, int)> _entries = [];
    private List<(int Id, Label Target)> _targets = [];
    private Label? _again;

    public int EntryOf(ChainCopy copy, int index)
    {
        var at = _entries.IndexOf((copy, index));
        if (at >= 0) { return FirstEntry + at; }
        _entries.Add((copy, index));
        return FirstEntry + _entries.Count - 1;
    }

    /// <summary>Where packets come to a station.</summary>
    public Label EntranceOf(ChainCopy root) => PlaceOf(root, AsksForTranslation(root) ? Entrance : 0);

    /// <summary>Where packets of a family begin.</summary>
    public Label? StartOf(Family family) =>
        context.Course.Start(family) is { } root ? EntranceOf(root) : context.Course.Routes(family) ? RoutingOf(family) : null;

    /// <summary>The place in front of a rule, here or by tail call.</summary>
    public Label PlaceOf(ChainCopy copy, int index)
    {
        if (copy.SegmentOf(index).Part == part) { return Get(_places, (copy, index), copy.ToString()); }
        return Get(_transfers, (copy, index), "transfer");
    }

    public void Emit(IEnumerable<Segment> segments)
    {
        foreach (var segment in segments) { Emit(segment); }
        asm.Origin = null;
        _targets = [.. _sites.Select(s => (s.Key, LabelOf(s.Value)))];
        EmitPolicies();
        EmitRoutings();
    }

    /// <summary>Emits the ways into the chains behind PREROUTING that packets of this function take.</summary>
    public void EmitRoutings()
    {
        foreach (var (family, label) in _routings)
        {
            asm.Mark(label);
            new Routing(asm, tails, context, family).Emit(EntranceOf(context.Course.First(family, Hook.Input)!), EntranceOf(context.Course.First(family, Hook.Forward)!));
        }
    }

    /// <summary>Emits what could only be known when all parts had been emitted: the way to other parts.</summary>
    /// <param name="parts">The emitter of a part.</param>
    /// <param name="here">What the program does to get to a part of its own; null when all are elsewhere.</param>
    public void EmitTransfers(Func<int, PartEmitter> parts, Label? here = null)
    {
        asm.Origin = null;
        foreach (var ((copy, index), label) in _transfers)
        {
            var target = copy.SegmentOf(index).Part;
            asm.Mark(label);
            asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Entry, parts(target).EntryOf(copy, index));
            if (here is not null)
            {
                asm.Jump(here);
            }
            else if (inRounds)
            {
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.NextPart, target);
                asm.Move(R0, Rounds.ToNextPart);
                asm.Exit();
            }
            else
            {
                asm.Move(R3, target);
                PartContext.EmitTailCall(asm);
                asm.Jump(tails.Abort);
            }
        }
    }

    /// <summary>Goes to the entry or return site that <see cref="Scratch.Entry"/> names.</summary>
    public void EmitEntryDispatch()
    {
        List<(int Id, Label Target)> targets = [.. _targets, .. _entries.Select((e, i) => (FirstEntry + i, Get(_places, e, "entry")))];
        if (targets.Count == 0)
        {
            asm.Jump(tails.Abort);
            return;
        }

        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Entry);
        EmitTree(targets, 0, targets.Count);
    }

    private Label Get(Dictionary<(ChainCopy, int), Label> labels, (ChainCopy, int) key, string hint)
    {
        if (!labels.TryGetValue(key, out var label)) { labels[key] = label = asm.NewLabel(hint); }
        return label;
    }

    private void Emit(Segment segment)
    {
        var copy = segment.Copy;
        if (segment == copy.Segments[0] && AsksForTranslation(copy)) { EmitEntrance(copy); }
        for (var i = segment.First; i < segment.End; i++)
        {
            asm.Mark(PlaceOf(copy, i));
            var rule = copy.Chain.Rules[i];
            asm.Origin = context.OriginOf(rule, copy.Chain);

            var isCut = i + 1 == segment.End && segment.End < copy.Chain.Rules.Length;

            // A way to another part that nothing takes would be unreachable code, which the verifier refuses.
            Emit(copy, i, rule, rule.Guard.CanMiss ? PlaceOf(copy, i + 1) : asm.NewLabel("never missed"), isCut);
        }

        asm.Origin = null;
        if (segment.End == copy.Chain.Rules.Length && copy.Chain.ReachesEnd)
        {
            asm.Mark(PlaceOf(copy, segment.End));
            EmitReturn(copy);
        }
    }

    /// <summary>One rule: its guard, then what it does.</summary>
    /// <param name="next">Where packets go that do not match.</param>
    /// <param name="isCut">Whether the next rule stands in another part.</param>
    private void Emit(ChainCopy copy, int index, LinearRule rule, Label next, bool isCut)
    {
        var guard = new GuardEmitter(asm, context.SlotsOf(copy.Chain.Family), context.TestsOf(copy.Chain.Family, asm), tails, context.Searches, copy.Chain.Station.Identify(copy.Chain.Chain, rule.Rule));
        guard.Emit(rule.Guard, next);
        switch (rule.Effect)
        {
            case Decide { Verdict: Verdict.Accept } when Onward(copy) is { } onward:
                Count(copy, rule.Counter);
                asm.Jump(onward);
                break;
            case Decide { Verdict: Verdict.Accept } when context.Options.OnlyCertainDrops:
                asm.Jump(tails.Defer(DeferReason.Accepted));
                break;
            case Decide decide:
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Rule, rule.Counter);
                asm.Jump(decide.Verdict == Verdict.Accept ? tails.Accept : tails.Drop);
                break;
            case Refuse refuse:
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Rule, rule.Counter);
                asm.Jump(tails.Reject(refuse.With, copy.Chain.Station.Hook));
                break;
            case DeferFor defer:
                asm.Jump(tails.Defer(defer.Reason));
                break;
            case WriteLog log:
                context.Logs.EmitLog(asm, log.Options, rule.Counter, copy.Chain.Family);
                asm.JumpIf(Condition.NotEqual, R0, 0, tails.Defer(DeferReason.Log));
                Count(copy, rule.Counter);
                if (guard.HasDropped || isCut) { asm.Jump(PlaceOf(copy, index + 1)); }
                break;
            case Continue or SetMark or Untrack:
                Count(copy, rule.Counter);
                EmitChange(rule.Effect, copy.Chain.Family);
                if (guard.HasDropped || isCut) { asm.Jump(PlaceOf(copy, index + 1)); }
                break;
            case ReturnToCaller:
                Count(copy, rule.Counter);
                EmitReturn(copy);
                break;
            case Call:
                Count(copy, rule.Counter);
                EmitCall(copy.Callees[index], copy, index);
                break;
            case Goto:
                Count(copy, rule.Counter);
                EmitGoto(copy, copy.Callees[index]);
                break;
            default:
                throw new ArgumentException($"{rule.Effect.GetType().Name} cannot be compiled", nameof(rule));
        }

        guard.EmitDropped(rule.Guard, () => Count(copy, rule.Counter));
    }

    private void Count(ChainCopy copy, int counter) => Accounting.EmitCount(asm, counter, copy.Chain.Station.IsOwned);

    private static bool AsksForTranslation(ChainCopy copy) => copy.Chain.IsBase && copy.Chain.Station.Table == "nat";

    /// <summary>Where packets go that the station accepts; null when that is the end.</summary>
    private Label? Onward(ChainCopy copy) =>
        context.Course.After(copy.Chain.Station) is { } next ? EntranceOf(next)
        : context.Course.RoutesAfter(copy.Chain.Station) ? RoutingOf(copy.Chain.Family)
        : null;

    private Label RoutingOf(Family family)
    {
        if (!_routings.TryGetValue(family, out var label)) { _routings[family] = label = asm.NewLabel("routing"); }
        return label;
    }

    /// <summary>Table nat judges the first packet of a connection; those of a connection that is translated do not look here as they will.</summary>
    private void EmitEntrance(ChainCopy root)
    {
        var onward = Onward(root)!;
        asm.Mark(PlaceOf(root, Entrance));
        Tracking.EmitAsk(asm);
        var unknown = asm.NewLabel("entry or nothing known");
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TrackLookup);
        asm.JumpIf(Condition.NotEqual, R1, Tracking.Miss, unknown);

        // What certainly begins no connection, and what is not tracked, does not look here.
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TrackStates);
        asm.JumpIf(Condition.AnyBit, R1, (1 << (int)TrackState.New) | (1 << (int)TrackState.Related), PlaceOf(root, 0));
        asm.Jump(onward);
        asm.Mark(unknown);
        asm.JumpIf(Condition.NotEqual, R1, Tracking.Hit, tails.Defer(DeferReason.Nat));
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TrackStatus);
        asm.JumpIf(Condition.AnyBit, R1, TranslationBits, tails.Defer(DeferReason.Nat));
        asm.Jump(onward);
    }

    /// <summary>What the rule changes for those after it.</summary>
    private void EmitChange(Effect effect, Family family)
    {
        switch (effect)
        {
            case SetMark set when context.SlotsOf(family).Find(Field.Mark) is { } mark:
                asm.Load(Width.Word, R1, Scratch.Base, mark);
                asm.Alu32(AluOp.And, R1, ~(int)set.Clear);
                asm.Alu32(AluOp.Xor, R1, (int)set.Flip);
                asm.Store(Width.Word, Scratch.Base, mark, R1);
                break;
            case Untrack:
                Tracking.EmitUntrack(asm);
                break;
        }
    }

    private void EmitCall(ChainCopy callee, ChainCopy caller, int index)
    {
        if (callee.Sites.Count > 1)
        {
            var site = callee.Sites.Values.First(s => s.Copy == caller && s.Index == index + 1);
            asm.StoreImmediate(Width.Word, Scratch.Base, context.ReturnSlot(callee), site.Id);
        }

        asm.Jump(PlaceOf(callee, 0));
    }

    /// <summary>The called chain inherits the return site of the one that goes to it.</summary>
    private void EmitGoto(ChainCopy copy, ChainCopy callee)
    {
        if (callee.Sites.Count > 1)
        {
            if (copy.Chain.IsBase || copy.Sites.Count == 1)
            {
                var id = copy.Chain.IsBase ? callee.Sites.Values.First(s => s.Index is null).Id : copy.Sites.Keys.First();
                asm.StoreImmediate(Width.Word, Scratch.Base, context.ReturnSlot(callee), id);
            }
            else
            {
                asm.Load(Width.Word, R1, Scratch.Base, context.ReturnSlot(copy));
                asm.Store(Width.Word, Scratch.Base, context.ReturnSlot(callee), R1);
            }
        }

        asm.Jump(PlaceOf(callee, 0));
    }

    private void EmitReturn(ChainCopy copy)
    {
        if (copy.Chain.IsBase)
        {
            asm.Jump(PolicyOf(copy));
        }
        else if (copy.Sites.Count == 1)
        {
            asm.Jump(LabelOf(copy.Sites.Values.First()));
        }
        else
        {
            foreach (var (id, site) in copy.Sites) { _sites.TryAdd(id, site); }
            asm.Load(Width.Word, R1, Scratch.Base, context.ReturnSlot(copy));
            asm.Jump(_again ??= asm.NewLabel("next round"));
        }
    }

    private Label LabelOf(ReturnSite site) => site.Index is { } index ? PlaceOf(site.Copy, index) : PolicyOf(site.Copy);

    private Label PolicyOf(ChainCopy root)
    {
        if (!_policies.TryGetValue(root, out var label)) { _policies[root] = label = asm.NewLabel("policy"); }
        return label;
    }

    /// <summary>The policies, and the end of a round; R1 says where the next begins.</summary>
    private void EmitPolicies()
    {
        if (_again is not null)
        {
            asm.Mark(_again);
            asm.Store(Width.Word, Scratch.Base, Scratch.Entry, R1);
            asm.Move(R0, Rounds.Again);
            asm.Exit();
        }

        foreach (var (root, label) in _policies)
        {
            asm.Mark(label);
            EmitPolicy(root, root.Chain.PolicyCounter!.Value);
        }
    }

    private void EmitPolicy(ChainCopy root, int counter)
    {
        if (root.Chain.Chain.Policy == Verdict.Accept)
        {
            if (Onward(root) is { } onward)
            {
                Count(root, counter);
                asm.Jump(onward);
                return;
            }

            if (context.Options.OnlyCertainDrops)
            {
                asm.Jump(tails.Defer(DeferReason.Accepted));
                return;
            }
        }

        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Rule, counter);
        asm.Jump(root.Chain.Chain.Policy == Verdict.Accept ? tails.Accept : tails.Drop);
    }

    /// <summary>Goes to the target whose number is in R1; it is one of them.</summary>
    private void EmitTree(List<(int Id, Label Target)> targets, int from, int to)
    {
        if (to - from == 1)
        {
            asm.Jump(targets[from].Target);
            return;
        }

        var middle = (from + to) / 2;
        var low = asm.NewLabel(string.Create(CultureInfo.InvariantCulture, $"below {targets[middle].Id}"));
        asm.JumpIf(Condition.Below, R1, targets[middle].Id, low);
        EmitTree(targets, middle, to);
        asm.Mark(low);
        EmitTree(targets, from, middle);
    }
}

/// <summary>What all parts share.</summary>
internal sealed record PartContext(
    IReadOnlyDictionary<Family, FieldSlots> Slots, InterfacePatterns Interfaces, SearchFunctions Searches, short ReturnSlots, CompileOptions Options, Course Course, LogRing Logs, RejectFunctions Rejects)
{
    /// <summary>The programs of the parts; its size is set when their number is known.</summary>
    public static readonly MapSpec Parts = new("parts", MapType.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1);

    /// <summary>Goes to the part whose number is in R3; falls through when the kernel says no.</summary>
    public static void EmitTailCall(Assembler asm)
    {
        asm.Move(R1, R6);
        asm.LoadMap(R2, Parts);
        asm.CallHelper(HelperFunction.TailCall);
    }

    public FieldSlots SlotsOf(Family family) => Slots[family];

    public TestEmitter TestsOf(Family family, Assembler asm) => new(asm, Slots[family], Interfaces);

    public short ReturnSlot(ChainCopy callee) => (short)(ReturnSlots + (4 * callee.Level));

    public SourceLine OriginOf(LinearRule rule, LinearChain chain) => new(
        chain.Family == Family.IPv4 ? Options.FileIPv4 : Options.FileIPv6,
        rule.Rule.Line,
        1,
        $"-A {chain.Chain.Name} {rule.Rule.ToText()}".TrimEnd());
}
