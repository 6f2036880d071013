using System.Collections.Immutable;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Emits a rule's guard: falls through when the packet matches. All atoms of a stage are folded into R8 (0 = all hold), with one branch
/// at the end; atoms behind a gate count only while the gate is open (R7, all ones). The path of a failing gate is short and
/// ends the program, so it falls through and the general path is the jump: nothing stays pending in the verifier.
/// </summary>
internal sealed class GuardEmitter(Assembler asm, FieldSlots slots, TestEmitter tests, PartTails tails, SearchFunctions searches, RuleIdentity rule)
{
    private static readonly Register Miss = R8;
    private static readonly Register Open = R7;

    /// <summary>Where packets go on that a search has dropped but the rule may count, with the next stage.</summary>
    private readonly List<(Label Label, int Stage)> _dropped = [];

    public void Emit(LoweredGuard guard, Label next)
    {
        for (var i = 0; i < guard.Stages.Length; i++) { Emit(guard, i, next); }
        EmitDoubts([.. guard.Doubts]);
    }

    public bool HasDropped => _dropped.Count > 0;

    /// <summary>Emits, behind the rule, what becomes of packets that the rule may count although it drops them as malformed.</summary>
    public void EmitDropped(LoweredGuard guard, Action count)
    {
        // A second search of the kind adds to the list.
        for (var i = 0; i < _dropped.Count; i++)
        {
            asm.Mark(_dropped[i].Label);
            for (var stage = _dropped[i].Stage; stage < guard.Stages.Length; stage++) { Emit(guard, stage, tails.Hotdrop); }
            EmitDoubts([.. guard.Doubts]);
            count();
            asm.Jump(tails.Hotdrop);
        }
    }

    private void Emit(LoweredGuard guard, int number, Label next)
    {
        var stage = guard.Stages[number];
        var (hasMiss, hasGate) = (false, false);
        if (stage.AsksTracking) { Tracking.EmitAsk(asm); }
        foreach (var atom in stage.Atoms)
        {
            switch (atom)
            {
                case HeaderGate gate:
                    if (slots[gate].Missed is { } missed)
                    {
                        asm.Load(Width.Word, R0, Scratch.Base, missed);
                        Fold(ref hasMiss, hasGate);
                    }

                    asm.Load(Width.Double, R0, Scratch.Base, slots[gate].Open);
                    Narrow(ref hasGate);
                    break;
                case ChainGate:
                    asm.Load(Width.Double, R0, Scratch.Base, Scratch.ChainIntact);
                    Narrow(ref hasGate);
                    break;
                case HotdropUnless unless:
                    EmitOpen(unless);
                    Narrow(ref hasGate);
                    break;
                case Doubtful { Possible: null }:
                    break;
                default:
                    tests.Emit(atom);
                    Fold(ref hasMiss, hasGate);
                    break;
            }
        }

        if (hasMiss) { asm.JumpIf(Condition.NotEqual, Miss, 0, next); }
        for (var i = 0; i < stage.Atoms.Length; i++)
        {
            var gate = stage.Atoms[i];
            switch (gate)
            {
                case HeaderGate header:
                    asm.Load(Width.Double, R0, Scratch.Base, slots[header].Open);
                    break;
                case ChainGate:
                    asm.Load(Width.Double, R0, Scratch.Base, Scratch.ChainIntact);
                    break;
                case HotdropUnless unless:
                    EmitOpen(unless);
                    break;
                default:
                    continue;
            }

            var open = asm.NewLabel("gate open");
            asm.JumpIf(Condition.NotEqual, R0, 0, open);
            EmitEnd(guard.DoubtsBefore(number, i), doubts => tails.Shut(gate, doubts));
            asm.Mark(open);
        }

        if (stage.Search is { } search) { EmitSearch(search, number, guard, next); }
    }

    /// <summary>R0 = all ones when the test holds, else 0.</summary>
    private void EmitOpen(HotdropUnless unless)
    {
        tests.Emit(unless.Test);
        tests.EmitMask(R0);
        asm.Alu(AluOp.Xor, R0, -1);
    }

    private void Fold(ref bool hasMiss, bool hasGate)
    {
        if (hasGate) { asm.Alu(AluOp.And, R0, Open); }
        if (hasMiss) { asm.Alu(AluOp.Or, Miss, R0); }
        else { asm.Move(Miss, R0); }
        hasMiss = true;
    }

    private void Narrow(ref bool hasGate)
    {
        if (hasGate) { asm.Alu(AluOp.And, Open, R0); }
        else { asm.Move(Open, R0); }
        hasGate = true;
    }

    /// <summary>Defers the packet when one of the doubts holds; the first that does gives the reason. A standing doubt is the rule's effect.</summary>
    private void EmitDoubts(ImmutableArray<Doubt> doubts)
    {
        foreach (var doubt in doubts.TakeWhile(d => d is not StandingDoubt))
        {
            var known = asm.NewLabel("known");
            if (doubt is UnlessDoubt unless)
            {
                tests.Emit(unless.Known);
                asm.JumpIf(Condition.Equal, R0, 0, known);
            }
            else { tails.EmitJumpUnless(doubt, known); }

            asm.Jump(tails.Defer(doubt.Reason));
            asm.Mark(known);
        }
    }

    /// <summary>Ends the packet's way; doubts that a rule's own fields decide come first, here, because the tails are shared.</summary>
    private void EmitEnd(ImmutableArray<Doubt> doubts, Func<ImmutableArray<Doubt>, Label> tail)
    {
        if (doubts.OfType<UnlessDoubt>().Any())
        {
            asm.Move(Miss, R0);
            EmitDoubts(doubts);
            asm.Move(R0, Miss);
        }

        asm.Jump(tail([.. doubts.Where(d => d is not UnlessDoubt)]));
    }

    private void EmitSearch(Search search, int stage, LoweredGuard guard, Label next)
    {
        var doubts = guard.DoubtsBefore(stage, guard.Stages[stage].Atoms.Length);

        // Memory is not asked about packets that are not certain to reach it.
        if (search.Program.KeepsMemory) { EmitDoubts(doubts); }
        searches.EmitCall(asm, search.Program, slots, rule);
        var ordinary = asm.NewLabel("search done");
        asm.JumpIf(Condition.BelowOrEqual, R0, (int)SearchResult.Match, ordinary);
        if (search.CountsHotdrop && !doubts.OfType<StandingDoubt>().Any())
        {
            EmitDoubts(doubts);
            _dropped.Add((asm.NewLabel("dropped"), stage + 1));
            asm.JumpIf(Condition.Equal, R0, (int)SearchResult.Hotdrop, _dropped[^1].Label);
        }

        EmitEnd(doubts, tails.AfterSearch);
        asm.Mark(ordinary);
        var miss = search.Negated ? SearchResult.Match : SearchResult.NoMatch;
        asm.JumpIf(Condition.Equal, R0, (int)miss, next);
    }
}
