using System.Globalization;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Walks a part whose chains return to several places. The verifier takes a way back to a chain that it has not finished yet for an endless loop, so
/// the walk is a function that ends whenever it would go back, and <c>bpf_loop</c> calls it again until there is a verdict.
/// </summary>
internal sealed class Rounds(int part)
{
    /// <summary>A round's result besides XDP's actions: the walk goes on where <see cref="Scratch.Entry"/> says.</summary>
    public const int Again = 100;

    /// <summary>A round's result: the walk goes on in <see cref="Scratch.NextPart"/>.</summary>
    public const int ToNextPart = 101;

    /// <summary>BPF_MAX_LOOPS (kernel/bpf/bpf_iter.c).</summary>
    private const int MostRounds = 1 << 23;

    // The frame that program and callback share.
    private const short ContextSlot = -16;
    private const short ResultSlot = 8;

    /// <summary>The function that makes one round: <c>walk(ctx)</c>.</summary>
    public string WalkName { get; } = string.Create(CultureInfo.InvariantCulture, $"walk_{part}");

    private string CallbackName { get; } = string.Create(CultureInfo.InvariantCulture, $"round_{part}");

    /// <summary>Makes the rounds, then exits or goes to another part. R6 is the context; <see cref="Scratch.Entry"/> says where to begin.</summary>
    public void Emit(Assembler asm, PartTails tails, bool hasOtherParts)
    {
        var done = asm.NewLabel("verdict");
        asm.Store(Width.Double, FramePointer, ContextSlot, R6);
        asm.StoreImmediate(Width.Double, FramePointer, ContextSlot + ResultSlot, Again);
        asm.Move(R1, MostRounds);
        asm.LoadFunction(R2, CallbackName);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, ContextSlot);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.Loop);
        asm.Load(Width.Double, R0, FramePointer, ContextSlot + ResultSlot);

        // The kernel demands to know that a program returns nothing else.
        asm.JumpIf(Condition.BelowOrEqual, R0, tails.LargestAction, done);
        if (hasOtherParts)
        {
            asm.JumpIf(Condition.NotEqual, R0, ToNextPart, tails.Abort);
            asm.Load(Width.Word, R3, Scratch.Base, Scratch.NextPart);
            PartContext.EmitTailCall(asm);
        }

        asm.Jump(tails.Abort);
        asm.Mark(done);
        asm.Exit();
    }

    /// <summary>round(index, frame): one round; goes on while its result is <see cref="Again"/>.</summary>
    public BpfFunction BuildCallback()
    {
        var asm = new Assembler(CallbackName, FunctionKind.Callback);
        var stop = asm.NewLabel("stop");
        asm.Move(R6, R2);
        asm.Load(Width.Double, R1, R6, 0);
        asm.Call(WalkName);
        asm.Store(Width.Double, R6, ResultSlot, R0);
        asm.JumpIf(Condition.NotEqual, R0, Again, stop);
        asm.Move(R0, 0);
        asm.Exit();
        asm.Mark(stop);
        asm.Move(R0, 1);
        asm.Exit();
        return asm.Build();
    }
}
