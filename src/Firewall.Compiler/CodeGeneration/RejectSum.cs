using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Sums up bytes of the frame for Internet checksums (RFC 1071), those in fragments too: copies them out piece by piece, because
/// <c>bpf_csum_diff</c> takes multiples of four bytes only.
/// </summary>
internal static class RejectSum
{
    private const string Function = "reject_sum";
    private const string Callback = "reject_sum_loop";

    /// <summary>Pieces of the longest packet, and one.</summary>
    private const int MostPieces = (65_575 / RejectWork.ChunkSize) + 2;

    // The frame that function and callback share.
    private const short ContextSlot = -16;
    private const short WorkSlot = 8;

    /// <summary>
    /// R0 = the sum of the bytes from R2 up to R3, in 16 bits as a little-endian load sees them; more than 16 bits when they cannot be read. R6 is the context.
    /// </summary>
    public static void Emit(Assembler asm)
    {
        asm.Move(R1, R6);
        asm.Call(Function);
    }

    /// <summary>Folds a sum of a few 32-bit words in <paramref name="sum"/> to 16 bits.</summary>
    public static void EmitFold(Assembler asm, Register sum, Register free)
    {
        for (var i = 0; i < 3; i++)
        {
            asm.Move(free, sum);
            asm.Alu(AluOp.ShiftRight, free, 16);
            asm.Alu(AluOp.And, sum, 0xffff);
            asm.Alu(AluOp.Add, sum, free);
        }
    }

    public static IEnumerable<BpfFunction> Build() => [BuildFunction(), BuildCallback()];

    /// <summary>reject_sum(ctx, from, to)</summary>
    private static BpfFunction BuildFunction()
    {
        var asm = new Assembler(Function, FunctionKind.Global) { ScalarArguments = 2 };
        var fail = asm.NewLabel("unreadable");
        asm.Move(R6, R1);
        asm.Move(R7, R2);
        asm.Move(R8, R3);
        MapAccess.EmitLookup(asm, RejectMaps.Work, index: 0);
        asm.JumpIf(Condition.Equal, R0, 0, fail);
        asm.Store(Width.Double, R0, RejectWork.SumFrom, R7);
        asm.Store(Width.Double, R0, RejectWork.SumTo, R8);
        asm.StoreImmediate(Width.Double, R0, RejectWork.Sum, 0);
        asm.Move(R9, R0);
        asm.Store(Width.Double, FramePointer, ContextSlot, R6);
        asm.Store(Width.Double, FramePointer, ContextSlot + WorkSlot, R9);
        asm.Move(R1, MostPieces);
        asm.LoadFunction(R2, Callback);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, ContextSlot);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.Loop);
        asm.Load(Width.Double, R0, R9, RejectWork.Sum);
        asm.JumpIf(Condition.Equal, R0, -1, fail);
        EmitFold(asm, R0, R1);
        asm.Exit();
        asm.Mark(fail);
        asm.Move32(R0, 1 << 16);
        asm.Exit();
        return asm.Build();
    }

    private static BpfFunction BuildCallback()
    {
        var asm = new Assembler(Callback, FunctionKind.Callback);
        var (stop, whole, fail) = (asm.NewLabel("stop"), asm.NewLabel("whole piece"), asm.NewLabel("unreadable"));
        asm.Load(Width.Double, R6, R2, 0);
        asm.Load(Width.Double, R8, R2, WorkSlot);
        asm.Load(Width.Double, R2, R8, RejectWork.SumFrom);
        asm.Load(Width.Double, R7, R8, RejectWork.SumTo);
        asm.JumpIf(Condition.AboveOrEqual, R2, R7, stop);
        asm.Alu(AluOp.Subtract, R7, R2);
        asm.JumpIf(Condition.BelowOrEqual, R7, RejectWork.ChunkSize, whole);
        asm.Move(R7, RejectWork.ChunkSize);
        asm.Mark(whole);

        // The verifier knows no difference of two unknowns.
        asm.JumpIf(Condition.Equal, R7, 0, stop);
        asm.Move(R1, R2);
        asm.Alu(AluOp.Add, R1, R7);
        asm.Store(Width.Double, R8, RejectWork.SumFrom, R1);
        asm.Move(R1, R6);
        EmitChunk(asm, R3);
        asm.Move(R4, R7);
        asm.CallHelper(HelperFunction.XdpLoadBytes);
        asm.JumpIf(Condition.NotEqual, R0, 0, fail);
        EmitChunk(asm, R3);
        asm.Move(R1, R3);
        asm.Alu(AluOp.Add, R1, R7);
        asm.StoreImmediate(Width.Word, R1, 0, 0);
        asm.Alu(AluOp.Add, R7, 3);
        asm.Alu(AluOp.And, R7, 0x7fc);
        asm.Move(R1, 0);
        asm.Move(R2, 0);
        asm.Move(R4, R7);
        asm.Load(Width.Double, R5, R8, RejectWork.Sum);
        asm.CallHelper(HelperFunction.CsumDiff);
        asm.Store(Width.Double, R8, RejectWork.Sum, R0);
        asm.Move(R0, 0);
        asm.Exit();
        asm.Mark(fail);
        asm.StoreImmediate(Width.Double, R8, RejectWork.Sum, -1);
        asm.Mark(stop);
        asm.Move(R0, 1);
        asm.Exit();
        return asm.Build();
    }

    private static void EmitChunk(Assembler asm, Register target)
    {
        asm.Move(target, R8);
        asm.Alu(AluOp.Add, target, RejectWork.Chunk);
    }
}
