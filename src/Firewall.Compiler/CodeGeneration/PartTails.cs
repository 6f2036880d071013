using System.Collections.Immutable;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The ends of a program, shared by all its rules (rule R4: helper calls stand in shared tails): verdicts, deferrals, shut gates. A tail is
/// emitted when something has asked for it.
/// </summary>
internal sealed class PartTails(Assembler asm, Accounting accounting, CompileOptions options, ImmutableArray<DeferReason> standing, PacketAccess access, RejectFunctions rejects)
{
    private readonly Dictionary<Tail, Label> _labels = [];
    private readonly Queue<Tail> _waiting = new();

    private abstract record Tail;

    private sealed record VerdictTail(bool Accepts) : Tail;

    private sealed record HotdropTail : Tail;

    private sealed record RejectTail(RejectWith With, Hook Hook) : Tail;

    private sealed record DeferTail(DeferReason Reason) : Tail;

    private sealed record DeferredTail(bool Passes) : Tail;

    private sealed record OverflowTail : Tail;

    private sealed record AbortTail : Tail;

    private sealed record BusyTail : Tail;

    private sealed record ShutTail(Atom Gate, EquatableArray<Doubt> Doubts) : Tail;

    private sealed record SearchTail(EquatableArray<Doubt> Doubts) : Tail;

    /// <summary>The rule or policy in <see cref="Scratch.Rule"/> accepts.</summary>
    public Label Accept => LabelOf(new VerdictTail(Accepts: true));

    /// <summary>The rule or policy in <see cref="Scratch.Rule"/> drops.</summary>
    public Label Drop => LabelOf(new VerdictTail(Accepts: false));

    /// <summary>Something that cannot happen did: the packet is dropped and the kernel traces an exception.</summary>
    public Label Abort => LabelOf(new AbortTail());

    /// <summary>Somebody else uses <see cref="Scratch"/>: the packet is deferred without touching it.</summary>
    public Label Busy => LabelOf(new BusyTail());

    /// <summary>The packet is malformed where a rule looks.</summary>
    public Label Hotdrop => LabelOf(new HotdropTail());

    /// <summary>The rule in <see cref="Scratch.Rule"/> refuses the packet, which becomes its own answer.</summary>
    public Label Reject(RejectWith with, Hook hook) => LabelOf(new RejectTail(with, hook));

    public Label Defer(DeferReason reason) => LabelOf(new DeferTail(reason));

    /// <summary>A gate of a rule is shut: what is doubtful before it defers, unreadable bytes defer, else hotdrop.</summary>
    public Label Shut(Atom gate, ImmutableArray<Doubt> doubts) => LabelOf(new ShutTail(gate, new(doubts)));

    /// <summary>A search ended with hotdrop or truncated, which is in R0.</summary>
    public Label AfterSearch(ImmutableArray<Doubt> doubts) => LabelOf(new SearchTail(new(doubts)));

    /// <summary>Jumps when a doubt does not hold for the packet. Keeps R0.</summary>
    public void EmitJumpUnless(Doubt doubt, Label known)
    {
        switch (doubt)
        {
            case DeviceDoubt:
                asm.Load(Width.Double, R1, Scratch.Base, Scratch.InterfaceKnown);
                asm.JumpIf(Condition.NotEqual, R1, 0, known);
                break;
            case OutDeviceDoubt:
                asm.Load(Width.Word, R1, Scratch.Base, Scratch.OutInterfaceKnown);
                asm.JumpIf(Condition.NotEqual, R1, 0, known);
                break;
            case StateDoubt state:
                asm.Load(Width.Word, R1, Scratch.Base, Scratch.TrackStates);
                asm.Alu32(AluOp.And, R1, ~(int)state.States);
                asm.JumpIf(Condition.Equal, R1, 0, known);
                break;
            default:
                throw new ArgumentException($"{doubt.GetType().Name} always holds", nameof(doubt));
        }
    }

    public void Emit()
    {
        asm.Origin = null;
        while (_waiting.TryDequeue(out var tail))
        {
            asm.Mark(_labels[tail]);
            Emit(tail);
        }
    }

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
                if (!verdict.Accepts) { EmitTrackingCheck(); }
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Verdict, verdict.Accepts ? Outcome.Accepted : Outcome.Dropped);
                EmitCommitAndExit(verdict.Accepts ? Actions.Accept : Actions.Drop);
                break;
            case HotdropTail:
                EmitTrackingCheck();
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Rule, -1);
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Hotdrop, 1);
                asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Verdict, Outcome.Dropped);
                EmitCommitAndExit(Actions.Drop);
                break;
            case RejectTail reject:
                EmitReject(reject);
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
                access.EmitLeave(asm);
                asm.Move(R0, end.Passes ? Actions.Accept : Actions.Drop);
                asm.Exit();
                break;
            case OverflowTail:
                EmitDeferFor([new DeviceDoubt()]);
                asm.Jump(Defer(standing.FirstOrDefault(DeferReason.Truncated)));
                break;
            case BusyTail:
                accounting.EmitCountBusy(asm);
                asm.Move(R0, options.Deferred == DeferredAction.Kernel ? Actions.Accept : Actions.Drop);
                asm.Exit();
                break;
            case AbortTail:
                asm.Move(R0, Actions.Abort);
                asm.Exit();
                break;
            case ShutTail shut:
                if (!EmitDeferFor(shut.Doubts)) { EmitShut(shut.Gate); }
                break;
            case SearchTail search:
                if (!EmitDeferFor(search.Doubts))
                {
                    asm.JumpIf(Condition.Equal, R0, SearchEmitter.Truncated, Defer(DeferReason.Truncated));
                    asm.Jump(Hotdrop);
                }

                break;
        }
    }

    /// <summary>No program returns a larger number.</summary>
    public int LargestAction => Actions.Largest;

    private ProgramActions Actions => ProgramActions.Of(options.Program);

    private void EmitCommitAndExit(int action)
    {
        Accounting.EmitCommit(asm);
        asm.JumpIf(Condition.NotEqual, R0, 0, LabelOf(new OverflowTail()));
        access.EmitLeave(asm);
        asm.Move(R0, action);
        asm.Exit();
    }

    /// <summary>All that may defer the packet is asked before it is changed.</summary>
    private void EmitReject(RejectTail reject)
    {
        EmitTrackingCheck();
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.LogCount);
        asm.JumpIf(Condition.Above, R1, Scratch.LogCapacity, LabelOf(new OverflowTail()));
        asm.Move(R1, R6);
        asm.Call(rejects.NameOf(reject.With, reject.Hook));
        asm.JumpIf(Condition.Equal, R0, RejectFunctions.Unknown, Defer(DeferReason.Reject));
        asm.JumpIf(Condition.Equal, R0, RejectFunctions.Silent, Drop);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Verdict, Outcome.Dropped);
        Accounting.EmitCommit(asm);
        asm.Move(R0, XdpAction.Transmit);
        asm.Exit();
    }

    /// <summary>Conntrack must see every packet that it may know; XDP may only drop what is none of them.</summary>
    private void EmitTrackingCheck()
    {
        if (!options.TracksConnections || options.Program != ProgramKind.Xdp) { return; }
        Tracking.EmitAsk(asm);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TrackLookup);
        asm.JumpIf(Condition.NotEqual, R1, Tracking.Miss, Defer(DeferReason.Tracking));
    }

    /// <summary>Defers when one of the doubts holds; true when one always does. R0 is kept.</summary>
    private bool EmitDeferFor(IEnumerable<Doubt> doubts)
    {
        foreach (var doubt in doubts)
        {
            if (doubt is StandingDoubt)
            {
                asm.Jump(Defer(doubt.Reason));
                return true;
            }

            var known = asm.NewLabel("known");
            EmitJumpUnless(doubt, known);
            asm.Jump(Defer(doubt.Reason));
            asm.Mark(known);
        }

        return false;
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
