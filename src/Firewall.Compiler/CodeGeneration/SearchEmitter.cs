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

/// <summary>A value that the code generator has put into the frame, at an offset.</summary>
internal sealed record InFrame(short Offset) : Expression;

/// <summary>
/// Compiles a step program to a global function that returns a <see cref="SearchResult"/>, or <see cref="Truncated"/>. Loops become
/// callbacks of <c>bpf_loop</c>, which the verifier walks a few times instead of once per iteration.
/// </summary>
/// <remarks>
/// What the frame holds is in <see cref="SearchFrame"/>; a callback gets the frame's address. The variables are in
/// <see cref="Scratch"/>: what comes from there is unknown to the verifier, which would else walk a loop once for each value of its variables.
/// R8 is the current entry of a memory, or 0; where there are loops the frame has it too.
/// </remarks>
/// <param name="fields">Where the fields are that the program asks; null when it asks none.</param>
internal sealed partial class SearchEmitter(string name, StepProgram program, SearchMemory memory, FieldSlots? fields, PacketAccess access)
{
    /// <summary>The bytes belong to the packet, but not to the part of it that the program can read.</summary>
    public const int Truncated = 3;

    private const int Unfinished = -1;

    private const int NanosecondsPerSecond = 1_000_000_000;

    private static readonly Register Frame = R7;
    private static readonly Register Entry = R8;

    private readonly SearchFrame _frame = new(program);
    private readonly List<BpfFunction> _callbacks = [];

    private PacketAccess Access => access;

    /// <summary>The memory whose entry is the current one, in the order of the text.</summary>
    private Memory? _current;

    public IEnumerable<BpfFunction> Build()
    {
        var asm = new Assembler(name, FunctionKind.Global) { ScalarArguments = SearchMemory.HasCell(program) ? 1 : 0 };
        var fail = asm.NewLabel("no scratch");
        asm.Move(R6, R1);
        asm.Move(Frame, FramePointer);
        asm.Alu(AluOp.Add, Frame, -_frame.Size);
        if (SearchMemory.HasCell(program)) { asm.Store(Width.Double, Frame, _frame.Cell, R2); }
        Scratch.EmitLookup(asm, fail);
        asm.Store(Width.Double, Frame, SearchFrame.Context, R6);
        asm.Store(Width.Double, Frame, SearchFrame.Scratch, Scratch.Base);
        asm.StoreImmediate(Width.Double, Frame, SearchFrame.Result, Unfinished);
        for (var i = 0; i < program.Locals; i++) { asm.StoreImmediate(Width.Double, Scratch.Base, LocalSlot(i), 0); }
        EmitClocks(asm);
        if (_frame.HasMemory)
        {
            asm.Move(Entry, 0);
            for (var i = _frame.Entry; i < _frame.KeysEnd; i += 8) { asm.StoreImmediate(Width.Double, Frame, i, 0); }
        }

        var body = new Block(this, asm, inLoop: false, fail);
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

    /// <summary>The time, asked once: it is the same for the whole program.</summary>
    private void EmitClocks(Assembler asm)
    {
        foreach (var (clock, slot) in _frame.Clocks)
        {
            asm.CallHelper(clock switch
            {
                ClockKind.Jiffies => HelperFunction.Jiffies64,
                ClockKind.Monotonic => HelperFunction.KtimeGetNanoseconds,
                _ => HelperFunction.KtimeGetTaiNanoseconds,
            });
            if (clock == ClockKind.RealSeconds)
            {
                asm.Alu(AluOp.Divide, R0, NanosecondsPerSecond);
                asm.LoadMapValue(R1, SearchMemory.Clock, 0);
                asm.Load(Width.Double, R1, R1, 0);
                asm.Alu(AluOp.Subtract, R0, R1);
            }

            asm.Store(Width.Double, Frame, slot, R0);
        }
    }

    private static short LocalSlot(int index) => (short)(Scratch.Locals + (8 * index));

    /// <summary>Whether nothing behind the steps is ever reached; the verifier refuses code that is not.</summary>
    private static bool EndsFlow(ImmutableArray<Step> steps) => steps is [.., Rules.Meaning.Return or Break]
        || (steps is [.., When last] && EndsFlow(last.Then) && EndsFlow(last.Else));

    private SearchMemory Memory => memory;

    private FieldSlots Fields => fields ?? throw new InvalidOperationException($"{name} asks fields, and has no places of them");

    private string AddCallback(Repeat loop)
    {
        var callback = string.Create(CultureInfo.InvariantCulture, $"{name}_loop{_callbacks.Count}");
        var asm = new Assembler(callback, FunctionKind.Callback);
        asm.Move(Frame, R2);
        asm.Load(Width.Double, R6, Frame, SearchFrame.Context);
        asm.Load(Width.Double, Scratch.Base, Frame, SearchFrame.Scratch);
        if (_frame.HasMemory) { asm.Load(Width.Double, Entry, Frame, _frame.Entry); }
        var block = new Block(this, asm, inLoop: true, asm.NewLabel("no entry"));
        block.Emit(loop.Body);
        if (!EndsFlow(loop.Body))
        {
            asm.Move(R0, 0);
            asm.Exit();
        }

        block.EmitFailure();

        _callbacks.Add(asm.Build());
        return callback;
    }

    /// <summary>The steps of one function: the search itself, or the body of one of its loops.</summary>
    /// <param name="failed">Where a program goes that finds no entry although there must be one.</param>
    private sealed partial class Block(SearchEmitter search, Assembler asm, bool inLoop, Label failed)
    {
        private bool _mayFail;
        private bool _isLocked;

        private SearchFrame Places => search._frame;

        private SearchMemory Memory => search.Memory;

        public void EmitFailure()
        {
            if (!_mayFail) { return; }
            asm.Mark(failed);
            EmitReturn(Truncated);
        }

        public void Emit(ImmutableArray<Step> steps)
        {
            foreach (var step in steps) { Emit(step); }
        }

        private void Emit(Step step)
        {
            switch (step)
            {
                case not (Let or Fetch or Rules.Meaning.Store or When) when _isLocked:
                    throw new ArgumentException($"{step.GetType().Name} cannot stand where an entry is locked", nameof(step));
                case Let let:
                    Evaluate(Drawn(let.Value), R1);
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
                case Find find:
                    EmitFind(find);
                    break;
                case Create create:
                    EmitCreate(create);
                    break;
                case Forget:
                    Memory.EmitDelete(asm, (Table)search._current!, Places.Keys);
                    break;
                case Fetch fetch:
                    EmitFetch(fetch);
                    break;
                case Rules.Meaning.Store store:
                    EmitStore(store);
                    break;
                case Atomically block:
                    EmitAtomically(block);
                    break;
                default:
                    throw new ArgumentException($"{step.GetType().Name} cannot be compiled", nameof(step));
            }
        }

        private void EmitReturn(int result)
        {
            if (inLoop)
            {
                asm.StoreImmediate(Width.Double, Frame, SearchFrame.Result, result);
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
            Evaluate(Drawn(read.Offset), R1);
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
            var (left, right) = (Drawn(choice.Condition.Left), Drawn(choice.Condition.Right, Draws(choice.Condition.Left)));
            Evaluate(left, R1);
            Evaluate(right, R2);
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
            asm.Load(Width.Double, R0, Frame, SearchFrame.Result);
            asm.JumpIf(Condition.Equal, R0, Unfinished, goesOn);
            asm.Exit();
            asm.Mark(goesOn);
            if (Places.HasMemory) { asm.Load(Width.Double, Entry, Frame, Places.Entry); }
        }

        private static int Draws(Expression expression) => SearchFrame.DrawsIn(expression);

        /// <summary>
        /// Draws the random numbers and tickets of an expression, in its order, and puts them into the frame: helpers must not be called while registers hold values.
        /// </summary>
        /// <param name="taken">Places of the frame that are taken already.</param>
        private Expression Drawn(Expression expression, int taken = 0)
        {
            if (Draws(expression) == 0) { return expression; }
            if (_isLocked) { throw new ArgumentException("numbers are drawn before an entry is locked", nameof(expression)); }
            if (expression is Arithmetic arithmetic)
            {
                return arithmetic with { Left = Drawn(arithmetic.Left, taken), Right = Drawn(arithmetic.Right, taken + Draws(arithmetic.Left)) };
            }

            var place = (short)(Places.Draws + (8 * taken));
            if (expression is Ticket) { SearchMemory.EmitTicket(asm); }
            else { asm.CallHelper(HelperFunction.GetPrandomU32); }
            asm.Store(Width.Double, Frame, place, R0);
            return new InFrame(place);
        }

        private int _spilled;

        /// <summary>The constants that an instruction does not take have simple results.</summary>
        private void EmitConstant(ArithmeticOperator op, Register target, int right)
        {
            switch (op)
            {
                case ArithmeticOperator.Divide when right == 0:
                    asm.Move(target, 0);
                    break;
                case ArithmeticOperator.Remainder when right == 0:
                    break;
                case ArithmeticOperator.ShiftLeft or ArithmeticOperator.ShiftRight:
                    asm.Alu(OperatorOf(op), target, right & 63);
                    break;
                default:
                    asm.Alu(OperatorOf(op), target, right);
                    break;
            }
        }

        private void EmitField(Field field, Register target)
        {
            if (field.Bits > 64 || field.Kind == FieldKind.EthernetLink) { throw new ArgumentException($"a program cannot ask for {field.Name}", nameof(field)); }
            asm.Load(FieldSlots.Size(field) == 8 ? Width.Double : Width.Word, target, Scratch.Base, search.Fields[field]);
            if (field.Kind is FieldKind.SourceAddress or FieldKind.DestinationAddress) { asm.SwapToHost(target, 32); }
        }

        /// <summary>Leaves the value in <paramref name="target"/>; uses the registers above it, and R0.</summary>
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
                case InFrame value:
                    asm.Load(Width.Double, target, Frame, value.Offset);
                    break;
                case Now now:
                    asm.Load(Width.Double, target, Frame, Places.Clocks[now.Clock]);
                    break;
                case JiffiesPerSecond:
                    asm.LoadConstant(target, search.Memory.Hertz);
                    break;
                case Ask ask:
                    EmitField(ask.Field, target);
                    break;
                case Arithmetic { Right: Constant { Value: <= int.MaxValue } right } arithmetic:
                    Evaluate(arithmetic.Left, target);
                    EmitConstant(arithmetic.Operator, target, (int)right.Value);
                    break;
                case Arithmetic arithmetic when target.Number < R5.Number:
                    Evaluate(arithmetic.Left, target);
                    var right2 = new Register((byte)(target.Number + 1));
                    Evaluate(arithmetic.Right, right2);
                    asm.Alu(OperatorOf(arithmetic.Operator), target, right2);
                    break;
                case Arithmetic arithmetic:
                    // No register is left: the left side waits in the frame.
                    Evaluate(arithmetic.Left, target);
                    var place = (short)(Places.Spills + (8 * _spilled++));
                    asm.Store(Width.Double, Frame, place, target);
                    Evaluate(arithmetic.Right, target);
                    asm.Load(Width.Double, R0, Frame, place);
                    asm.Alu(OperatorOf(arithmetic.Operator), R0, target);
                    asm.Move(target, R0);
                    _spilled--;
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
