using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The ends of a program, shared by all its rules (rule R4: helper calls stand in shared tails): verdicts, deferrals, shut gates. A tail is
/// emitted when something has asked for it.
/// </summary>
internal sealed class PartTails(Assembler asm, Accounting accounting, CompileOptions options, bool asksForOutput)
{
    private readonly Dictionary<Tail, Label> _labels = [];
    private readonly Queue<Tail> _waiting = new();

    private abstract record Tail;

    private sealed record VerdictTail(bool Accepts) : Tail;

    private sealed record HotdropTail : Tail;

    private sealed record DeferTail(DeferReason Reason) : Tail;

    private sealed record DeferredTail(bool Passes) : Tail;

    private sealed record OverflowTail : Tail;

    private sealed record AbortTail : Tail;

    private sealed record ShutTail(Atom Gate, bool In, bool Out) : Tail;

    private sealed record SearchTail(bool In, bool Out) : Tail;

    /// <summary>The rule or policy in <see cref="Scratch.Rule"/> accepts.</summary>
    public Label Accept => LabelOf(new VerdictTail(Accepts: true));

    /// <summary>The rule or policy in <see cref="Scratch.Rule"/> drops.</summary>
    public Label Drop => LabelOf(new VerdictTail(Accepts: false));

    /// <summary>Something that cannot happen did: the packet is dropped and the kernel traces an exception.</summary>
    public Label Abort => LabelOf(new AbortTail());

    /// <summary>The packet is malformed where a rule looks.</summary>
    public Label Hotdrop => LabelOf(new HotdropTail());

    public Label Defer(DeferReason reason) => LabelOf(new DeferTail(reason));

    /// <summary>A gate of a rule is shut: unknown devices defer, unreadable bytes defer, else hotdrop.</summary>
    public Label Shut(Atom gate, bool asksIn, bool asksOut) => LabelOf(new ShutTail(gate, asksIn, asksOut));

    /// <summary>A search ended with hotdrop or truncated, which is in R0.</summary>
    public Label AfterSearch(bool asksIn, bool asksOut) => LabelOf(new SearchTail(asksIn, asksOut));

    public void Emit()
    {
        asm.Origin = null;
        while (_waiting.TryDequeue(out var tail))
        {
            asm.Mark(_labels[tail]);
            Emit(tail);
        }
    }

    private ProgramActions Actions => ProgramActions.Of(options.Program);

    private Label LabelOf(Tail tail)
    {
        if (!_labels.TryGetValue(tail, out var label))
        {
            label = asm.NewLabel(tail.ToString());
            _labels.Add(tail, label);
            _waiting.Enqueue(tail);
        }

        return label;
    }

    private void Emit(Tail tail)
    {
        switch (tail)
        {
            case VerdictTail verdict:
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Verdict, verdict.Accepts ? Outcome.Accepted : Outcome.Dropped);
                EmitCommitAndExit(verdict.Accepts ? Actions.Accept : Actions.Drop);
                break;
            case HotdropTail:
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Rule, -1);
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Hotdrop, 1);
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Verdict, Outcome.Dropped);
                EmitCommitAndExit(Actions.Drop);
                break;
            case DeferTail defer:
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Reason, (int)defer.Reason);
                var passes = options.Deferred == DeferredAction.Kernel || defer.Reason is DeferReason.NotIp or DeferReason.Dhcp;
                asm.Jump(LabelOf(new DeferredTail(passes)));
                break;
            case DeferredTail end:
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Rule, -1);
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Hotdrop, 0);
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Verdict, Outcome.Deferred);
                accounting.EmitCountDeferred(asm);
                asm.Move(R0, end.Passes ? Actions.Accept : Actions.Drop);
                asm.Exit();
                break;
            case OverflowTail:
                EmitDeferWhenUnknown(asksIn: true);
                asm.Jump(Defer(asksForOutput ? DeferReason.OutInterface : DeferReason.Truncated));
                break;
            case AbortTail:
                asm.Move(R0, Actions.Abort);
                asm.Exit();
                break;
            case ShutTail shut:
                EmitDeferWhenUnknown(shut.In);
                if (shut.Out) { asm.Jump(Defer(DeferReason.OutInterface)); }
                else { EmitShut(shut.Gate); }
                break;
            case SearchTail search:
                EmitDeferWhenUnknown(search.In);
                if (search.Out) { asm.Jump(Defer(DeferReason.OutInterface)); }
                else
                {
                    asm.JumpIf(Condition.Equal, R0, SearchEmitter.Truncated, Defer(DeferReason.Truncated));
                    asm.Jump(Hotdrop);
                }

                break;
        }
    }

    private void EmitCommitAndExit(int action)
    {
        Accounting.EmitCommit(asm);
        asm.JumpIf(Condition.NotEqual, R0, 0, LabelOf(new OverflowTail()));
        asm.Move(R0, action);
        asm.Exit();
    }

    /// <summary>R0 is kept.</summary>
    private void EmitDeferWhenUnknown(bool asksIn)
    {
        if (!asksIn) { return; }
        asm.Load(Width.Double, R1, Scratch.Base, Scratch.InterfaceKnown);
        asm.JumpIf(Condition.Equal, R1, 0, Defer(DeferReason.InInterface));
    }

    /// <summary>The bytes are missing from the packet (hotdrop), or only from what XDP can read (defer).</summary>
    private void EmitShut(Atom atom)
    {
        if (atom is HeaderGate { Base: HeaderBase.Transport } gate)
        {
            asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportLength);
            asm.JumpIf(Condition.AboveOrEqual, R1, gate.Bytes, Defer(DeferReason.Truncated));
        }
        else if (atom is HeaderGate extension)
        {
            var short_ = asm.NewLabel("short");
            asm.Load(Width.Word, R1, Scratch.Base, SearchEmitter.PlaceOf(extension.Base));
            asm.JumpIf(Condition.Equal, R1, 0, short_);
            asm.Load(Width.Word, R2, Scratch.Base, Scratch.PacketEnd);
            asm.Alu(AluOp.Add, R1, extension.Bytes);
            asm.JumpIf(Condition.BelowOrEqual, R1, R2, Defer(DeferReason.Truncated));
            asm.Mark(short_);
        }

        asm.Jump(Hotdrop);
    }
}
