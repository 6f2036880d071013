using System.Collections.Immutable;
using System.Globalization;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>A step that only the code generator uses: keeps a value in <see cref="Scratch"/>.</summary>
internal sealed record Keep(short Slot, Width Width, Expression Value) : Step;

/// <summary>The value of a 32-bit slot of <see cref="Scratch"/>.</summary>
internal sealed record Kept(short Slot) : Expression;

/// <summary>
/// Compiles a step program to a global function that returns a <see cref="SearchResult"/>, or <see cref="Truncated"/>. Loops become
/// callbacks of <c>bpf_loop</c>, which the verifier walks a few times instead of once per iteration.
/// </summary>
/// <remarks>
/// The frame holds, from its lowest address: the context, the scratch pointer, the result. A callback gets the frame's address. The variables are in
/// <see cref="Scratch"/>: what comes from there is unknown to the verifier, which would else walk a loop once for each value of its variables.
/// </remarks>
internal sealed class SearchEmitter(string name, StepProgram program, PacketAccess access)
{
    /// <summary>The bytes belong to the packet, but not to the part of it that the program can read.</summary>
    public const int Truncated = 3;

    private const int Unfinished = -1;
    private const short ContextSlot = 0;
    private const short ScratchSlot = 8;
    private const short ResultSlot = 16;
    private const int FrameSize = 24;

    private static readonly Register Frame = R7;

    private readonly List<BpfFunction> _callbacks = [];

    private PacketAccess Access => access;

    public IEnumerable<BpfFunction> Build()
    {
        var asm = new Assembler(name, FunctionKind.Global);
        var fail = asm.NewLabel("no scratch");
        asm.Move(R6, R1);
        Scratch.EmitLookup(asm, fail);
        asm.Move(Frame, FramePointer);
        asm.Alu(AluOp.Add, Frame, -FrameSize);
        asm.Store(Width.Double, Frame, ContextSlot, R6);
        asm.Store(Width.Double, Frame, ScratchSlot, Scratch.Base);
        asm.StoreImmediate(Width.Double, Frame, ResultSlot, Unfinished);
        for (var i = 0; i < program.Locals; i++) { asm.StoreImmediate(Width.Double, Scratch.Base, LocalSlot(i), 0); }
        var body = new Block(this, asm, inLoop: false);
        body.Emit(program.Body);
        if (!EndsFlow(program.Body))
        {
            asm.Move(R0, (int)SearchResult.NoMatch);
            asm.Exit();
        }

        asm.Mark(fail);
        asm.Move(R0, Truncated);
        asm.Exit();
        return _callbacks.Prepend(asm.Build());
    }

    private static short LocalSlot(int index) => (short)(Scratch.Locals + (8 * index));

    /// <summary>Whether nothing behind the steps is ever reached; the verifier refuses code that is not.</summary>
    private static bool EndsFlow(ImmutableArray<Step> steps) => steps is [.., Rules.Meaning.Return or Break]
        || (steps is [.., When last] && EndsFlow(last.Then) && EndsFlow(last.Else));

    private string AddCallback(Repeat loop)
    {
        var callback = string.Create(CultureInfo.InvariantCulture, $"{name}_loop{_callbacks.Count}");
        var asm = new Assembler(callback, FunctionKind.Callback);
        asm.Move(Frame, R2);
        asm.Load(Width.Double, R6, Frame, ContextSlot);
        asm.Load(Width.Double, Scratch.Base, Frame, ScratchSlot);
        new Block(this, asm, inLoop: true).Emit(loop.Body);
        if (!EndsFlow(loop.Body))
        {
            asm.Move(R0, 0);
            asm.Exit();
        }

        _callbacks.Add(asm.Build());
        return callback;
    }

    /// <summary>The steps of one function: the search itself, or the body of one of its loops.</summary>
    private sealed class Block(SearchEmitter search, Assembler asm, bool inLoop)
    {
        public void Emit(ImmutableArray<Step> steps)
        {
            foreach (var step in steps) { Emit(step); }
        }

        private void Emit(Step step)
        {
            switch (step)
            {
                case Let let:
                    Evaluate(let.Value, R1);
                    asm.Store(Width.Double, Scratch.Base, LocalSlot(let.Local), R1);
                    break;
                case Keep keep:
                    Evaluate(keep.Value, R1);
                    asm.Store(keep.Width, Scratch.Base, keep.Slot, R1);
                    break;
                case Read read:
                    EmitRead(read);
                    break;
                case When choice:
                    EmitWhen(choice);
                    break;
                case Repeat loop:
                    EmitLoop(loop);
                    break;
                case Break:
                    asm.Move(R0, 1);
                    asm.Exit();
                    break;
                case Return result:
                    EmitReturn((int)result.Result);
                    break;
                default:
                    throw new ArgumentException($"{step.GetType().Name} cannot be compiled", nameof(step));
            }
        }

        private void EmitReturn(int result)
        {
            if (inLoop)
            {
                asm.StoreImmediate(Width.Double, Frame, ResultSlot, result);
                asm.Move(R0, 1);
            }
            else
            {
                asm.Move(R0, result);
            }

            asm.Exit();
        }

        private void EmitRead(Read read)
        {
            var (tooShort, unreadable, done) = (asm.NewLabel("short"), asm.NewLabel("unreadable"), asm.NewLabel("read"));
            Evaluate(read.Offset, R1);
            asm.Load(Width.Word, R2, Scratch.Base, Scratch.PacketEnd);
            asm.JumpIf(Condition.Above, R1, R2, tooShort);
            asm.Alu(AluOp.Subtract, R2, R1);
            asm.JumpIf(Condition.Below, R2, read.Bytes, tooShort);
            asm.JumpIf(Condition.Above, R1, search.Access.FarthestOffset, unreadable);
            search.Access.EmitStart(asm, R3);
            search.Access.EmitEnd(asm, R4);
            asm.Alu(AluOp.Add, R3, R1);
            asm.Move(R2, R3);
            asm.Alu(AluOp.Add, R2, read.Bytes);
            asm.JumpIf(Condition.Above, R2, R4, unreadable);
            asm.Load(WidthOf(read.Bytes), R1, R3, 0);
            if (read.Bytes > 1) { asm.SwapToHost(R1, read.Bytes * 8); }
            asm.Store(Width.Double, Scratch.Base, LocalSlot(read.Local), R1);
            asm.Jump(done);
            asm.Mark(tooShort);
            EmitReturn((int)read.WhenShort);
            asm.Mark(unreadable);
            EmitReturn(Truncated);
            asm.Mark(done);
        }

        private void EmitWhen(When choice)
        {
            var (otherwise, done) = (asm.NewLabel("else"), asm.NewLabel("end"));
            Evaluate(choice.Condition.Left, R1);
            Evaluate(choice.Condition.Right, R2);
            asm.JumpIf(Inverse(choice.Condition.Operator), R1, R2, otherwise);
            Emit(choice.Then);
            if (!choice.Else.IsEmpty && !EndsFlow(choice.Then)) { asm.Jump(done); }
            asm.Mark(otherwise);
            Emit(choice.Else);
            asm.Mark(done);
        }

        private void EmitLoop(Repeat loop)
        {
            if (inLoop) { throw new ArgumentException("loops do not nest", nameof(loop)); }
            asm.Move(R1, loop.Limit);
            asm.LoadFunction(R2, search.AddCallback(loop));
            asm.Move(R3, Frame);
            asm.Move(R4, 0);
            asm.CallHelper(HelperFunction.Loop);
            var goesOn = asm.NewLabel("after the loop");
            asm.Load(Width.Double, R0, Frame, ResultSlot);
            asm.JumpIf(Condition.Equal, R0, Unfinished, goesOn);
            asm.Exit();
            asm.Mark(goesOn);
        }

        /// <summary>Leaves the value in <paramref name="target"/>; uses the registers above it.</summary>
        private void Evaluate(Expression expression, Register target)
        {
            switch (expression)
            {
                case Constant constant:
                    asm.LoadConstant(target, constant.Value);
                    break;
                case Local local:
                    asm.Load(Width.Double, target, Scratch.Base, LocalSlot(local.Index));
                    break;
                case Kept kept:
                    asm.Load(Width.Word, target, Scratch.Base, kept.Slot);
                    break;
                case OffsetOf { Base: HeaderBase.Link }:
                    asm.Move(target, 0);
                    break;
                case OffsetOf offset:
                    asm.Load(Width.Word, target, Scratch.Base, PlaceOf(offset.Base));
                    break;
                case PacketEnd:
                    asm.Load(Width.Word, target, Scratch.Base, Scratch.PacketEnd);
                    break;
                case Arithmetic { Right: Constant { Value: <= int.MaxValue } right } arithmetic:
                    Evaluate(arithmetic.Left, target);
                    asm.Alu(OperatorOf(arithmetic.Operator), target, (int)right.Value);
                    break;
                case Arithmetic arithmetic:
                    Evaluate(arithmetic.Left, target);
                    var right2 = new Register((byte)(target.Number + 1));
                    if (right2.Number > R5.Number) { throw new ArgumentException("the expression is too deep", nameof(expression)); }
                    Evaluate(arithmetic.Right, right2);
                    asm.Alu(OperatorOf(arithmetic.Operator), target, right2);
                    break;
                default:
                    throw new ArgumentException($"{expression.GetType().Name} cannot be compiled", nameof(expression));
            }
        }
    }

    /// <summary>Where <see cref="Scratch"/> keeps the offset of a header.</summary>
    public static short PlaceOf(HeaderBase header) => header switch
    {
        HeaderBase.Network => Scratch.NetworkOffset,
        HeaderBase.Transport => Scratch.TransportOffset,
        >= HeaderBase.HopByHop => (short)(Scratch.ExtensionOffsets + (4 * (header - HeaderBase.HopByHop))),
        _ => throw new ArgumentOutOfRangeException(nameof(header)),
    };

    public static Width WidthOf(int bytes) => bytes switch
    {
        1 => Width.Byte,
        2 => Width.Half,
        4 => Width.Word,
        8 => Width.Double,
        _ => throw new ArgumentOutOfRangeException(nameof(bytes)),
    };

    private static AluOp OperatorOf(ArithmeticOperator op) => op switch
    {
        ArithmeticOperator.Add => AluOp.Add,
        ArithmeticOperator.Subtract => AluOp.Subtract,
        ArithmeticOperator.Multiply => AluOp.Multiply,
        ArithmeticOperator.And => AluOp.And,
        ArithmeticOperator.Or => AluOp.Or,
        ArithmeticOperator.Xor => AluOp.Xor,
        ArithmeticOperator.ShiftLeft => AluOp.ShiftLeft,
        ArithmeticOperator.Divide => AluOp.Divide,
        ArithmeticOperator.Remainder => AluOp.Modulo,
        _ => AluOp.ShiftRight,
    };

    private static Condition Inverse(Comparator comparator) => comparator switch
    {
        Comparator.Equal => Condition.NotEqual,
        Comparator.NotEqual => Condition.Equal,
        Comparator.Less => Condition.AboveOrEqual,
        Comparator.LessOrEqual => Condition.Above,
        Comparator.Greater => Condition.BelowOrEqual,
        _ => Condition.Below,
    };
}
