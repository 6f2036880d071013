using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The token buckets of ICMP errors, as the kernel's (icmp_global_allow and icmp_global_consume in net/ipv4/icmp.c, inet_peer_xrlim_allow in
/// net/ipv4/inetpeer.c), but in nanoseconds instead of jiffies. Processors race for credit as they do there.
/// </summary>
internal static class RejectRate
{
    private const string Function = "reject_rate";

    private const int Second = 1_000_000_000;

    /// <summary>HZ / 50.</summary>
    private const int ShortestRefill = Second / 50;

    /// <summary>XRLIM_BURST_FACTOR.</summary>
    private const int Burst = 6;

    // reject_state
    private const short Credit = 0;
    private const short Stamp = 8;

    // A value of reject_peers, also on the stack when new.
    private const short Tokens = 0;
    private const short Last = 8;
    private const short NewPeer = -16;

    /// <summary>R0 = 0 when no error may be sent to the source of the rejected packet. R6 is the context.</summary>
    /// <param name="limited">The bit of <see cref="RejectLimits.FlagsPlace"/> that says whether there are limits.</param>
    /// <param name="delay">The place in the limits of the time between two errors.</param>
    public static void Emit(Assembler asm, int limited, short delay)
    {
        asm.Move(R1, R6);
        asm.Move(R2, limited);
        asm.Move(R3, delay);
        asm.Call(Function);
    }

    /// <summary>reject_rate(ctx, limited, delay)</summary>
    public static BpfFunction Build()
    {
        var asm = new Assembler(Function, FunctionKind.Global) { ScalarArguments = 2 };
        var (allow, deny, consume) = (asm.NewLabel("allow"), asm.NewLabel("deny"), asm.NewLabel("consume"));
        asm.LoadMapValue(R1, RejectMaps.Limits, 0);
        asm.Load(Width.Double, R4, R1, RejectLimits.FlagsPlace);
        asm.Alu(AluOp.And, R4, R2);
        asm.JumpIf(Condition.Equal, R4, 0, allow);
        asm.JumpIf(Condition.Above, R3, RejectLimits.Size - 8, allow);
        asm.Alu(AluOp.Add, R1, R3);
        asm.Load(Width.Double, R8, R1, 0);
        asm.CallHelper(HelperFunction.KtimeGetNanoseconds);
        asm.Move(R7, R0);
        EmitGlobal(asm, deny);
        asm.JumpIf(Condition.Equal, R8, 0, consume);
        EmitPeer(asm, consume, deny, allow);
        asm.Mark(consume);
        asm.CallHelper(HelperFunction.GetPrandomU32);
        asm.Alu(AluOp.Modulo, R0, 3);
        asm.Negate(R0);
        asm.LoadMapValue(R1, RejectMaps.State, 0);
        asm.AtomicAdd(Width.Double, R1, Credit, R0);
        asm.Mark(allow);
        asm.Move(R0, 1);
        asm.Exit();
        asm.Mark(deny);
        asm.Move(R0, 0);
        asm.Exit();
        return asm.Build();
    }

    /// <summary>Credit of all errors; refilled only when there is none. R7 is the time.</summary>
    private static void EmitGlobal(Assembler asm, Label deny)
    {
        var (enough, whole, fits) = (asm.NewLabel("credit"), asm.NewLabel("less than a second"), asm.NewLabel("no more than the burst"));
        asm.LoadMapValue(R1, RejectMaps.State, 0);
        asm.Load(Width.Double, R2, R1, Credit);
        asm.JumpIf(Condition.SignedGreater, R2, 0, enough);
        asm.Move(R3, R7);
        asm.Load(Width.Double, R4, R1, Stamp);
        asm.Alu(AluOp.Subtract, R3, R4);
        asm.JumpIf(Condition.BelowOrEqual, R3, Second, whole);
        asm.Move(R3, Second);
        asm.Mark(whole);
        asm.JumpIf(Condition.Below, R3, ShortestRefill, deny);
        asm.LoadMapValue(R4, RejectMaps.Limits, 0);
        asm.Load(Width.Double, R5, R4, RejectLimits.PerSecondPlace);
        asm.Alu(AluOp.Multiply, R3, R5);
        asm.Alu(AluOp.Divide, R3, Second);
        asm.JumpIf(Condition.Equal, R3, 0, deny);
        asm.Store(Width.Double, R1, Stamp, R7);
        asm.Alu(AluOp.Add, R2, R3);
        asm.Load(Width.Double, R5, R4, RejectLimits.BurstPlace);
        asm.JumpIf(Condition.SignedLessOrEqual, R2, R5, fits);
        asm.Move(R2, R5);
        asm.Mark(fits);
        asm.Store(Width.Double, R1, Credit, R2);
        asm.Mark(enough);
    }

    /// <summary>Credit of one destination. R7 is the time, R8 what an error costs.</summary>
    private static void EmitPeer(Assembler asm, Label consume, Label deny, Label broken)
    {
        var (known, fits, poor) = (asm.NewLabel("known"), asm.NewLabel("no more than the burst"), asm.NewLabel("too little"));
        MapAccess.EmitLookup(asm, RejectMaps.Work, index: 0);
        asm.JumpIf(Condition.Equal, R0, 0, broken);
        asm.Move(R9, R0);
        asm.Alu(AluOp.Add, R9, RejectWork.Source);
        asm.LoadMap(R1, RejectMaps.Peers);
        asm.Move(R2, R9);
        asm.CallHelper(HelperFunction.MapLookupElement);
        asm.JumpIf(Condition.NotEqual, R0, 0, known);

        // A new destination has a full bucket.
        asm.Alu(AluOp.Multiply, R8, Burst - 1);
        asm.Store(Width.Double, FramePointer, NewPeer + Tokens, R8);
        asm.Store(Width.Double, FramePointer, NewPeer + Last, R7);
        asm.LoadMap(R1, RejectMaps.Peers);
        asm.Move(R2, R9);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, NewPeer);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.MapUpdateElement);
        asm.Jump(consume);

        asm.Mark(known);
        asm.Load(Width.Double, R1, R0, Tokens);
        asm.Load(Width.Double, R2, R0, Last);
        asm.Move(R3, R7);
        asm.Alu(AluOp.Subtract, R3, R2);
        asm.Store(Width.Double, R0, Last, R7);
        asm.Alu(AluOp.Add, R1, R3);
        asm.Move(R2, R8);
        asm.Alu(AluOp.Multiply, R2, Burst);
        asm.JumpIf(Condition.BelowOrEqual, R1, R2, fits);
        asm.Move(R1, R2);
        asm.Mark(fits);
        asm.JumpIf(Condition.Below, R1, R8, poor);
        asm.Alu(AluOp.Subtract, R1, R8);
        asm.Store(Width.Double, R0, Tokens, R1);
        asm.Jump(consume);
        asm.Mark(poor);
        asm.Store(Width.Double, R0, Tokens, R1);
        asm.Jump(deny);
    }
}
