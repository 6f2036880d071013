using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Vm;

/// <summary>Turns instruction slots into what the interpreter runs; whatever RFC 9669 does not define becomes a fault.</summary>
internal static class Decoder
{
    /// <summary>Decodes any instruction of one slot.</summary>
    /// <param name="at">Where the slot stands in the whole code; its function has the <paramref name="length"/> slots from <paramref name="start"/>.</param>
    public static DecodedInstruction Decode(Instruction source, int at, int start, int length)
    {
        if (source.Destination.Number >= Register.Count || source.Source.Number >= Register.Count)
        {
            return default;
        }

        var operation = source.Class switch
        {
            InstructionClass.Alu64 => Arithmetic(source),
            InstructionClass.Alu32 => Arithmetic32(source),
            InstructionClass.Load => Load(source),
            InstructionClass.Store => Store(source),
            InstructionClass.StoreImmediate => Store(source),
            InstructionClass.Jump => Jump(source),
            InstructionClass.Jump32 => Jump32(source),
            _ => Operation.Invalid,
        };
        var offset = (int)source.Offset;
        if (operation is >= Operation.Goto and < Operation.CallHelper || source.IsLocalCall)
        {
            offset = at + 1 + (source.IsLocalCall ? source.Immediate : source.JumpDistance);
            if (!source.IsLocalCall && (offset < start || offset >= start + length))
            {
                return default;
            }
        }

        // 32-bit operations look at the low half only, so one extension of the immediate serves all.
        return new(operation, source.Destination.Number, source.Source.Number, source.UsesSource, offset, (ulong)source.Immediate);
    }

    private static Operation Arithmetic(Instruction source) => (source.AluOp, source.Offset) switch
    {
        _ when source.IsByteSwap => source.SwapsToBigEndian ? Operation.Invalid : Swap(source.Immediate),
        (AluOp.Move, 8) when source.UsesSource => Operation.Move8,
        (AluOp.Move, 16) when source.UsesSource => Operation.Move16,
        (AluOp.Move, 32) when source.UsesSource => Operation.Move32,
        (AluOp.SignedDivide, _) => Operation.SignedDivide,
        (AluOp.SignedModulo, _) => Operation.SignedModulo,
        (_, not 0) => Operation.Invalid,
        (AluOp.Add, _) => Operation.Add,
        (AluOp.Subtract, _) => Operation.Subtract,
        (AluOp.Multiply, _) => Operation.Multiply,
        (AluOp.Divide, _) => Operation.Divide,
        (AluOp.Or, _) => Operation.Or,
        (AluOp.And, _) => Operation.And,
        (AluOp.ShiftLeft, _) => Operation.ShiftLeft,
        (AluOp.ShiftRight, _) => Operation.ShiftRight,
        (AluOp.Negate, _) => Operation.Negate,
        (AluOp.Modulo, _) => Operation.Modulo,
        (AluOp.Xor, _) => Operation.Xor,
        (AluOp.Move, _) => Operation.Move,
        (AluOp.ShiftRightArithmetic, _) => Operation.ShiftRightArithmetic,
        _ => Operation.Invalid,
    };

    private static Operation Arithmetic32(Instruction source)
    {
        if (source.IsByteSwap)
        {
            return source.SwapsToBigEndian ? Swap(source.Immediate) : source.Immediate is 16 or 32 or 64 ? Operation.Truncate : Operation.Invalid;
        }

        return Arithmetic(source) switch
        {
            Operation.Move => Operation.MoveZero32,
            Operation.Move8 => Operation.Move8To32,
            Operation.Move16 => Operation.Move16To32,
            >= Operation.Add and <= Operation.Xor and var wide => wide + (Operation.Add32 - Operation.Add),
            _ => Operation.Invalid,
        };
    }

    private static Operation Swap(int bits) => bits switch
    {
        16 => Operation.Swap16,
        32 => Operation.Swap32,
        64 => Operation.Swap64,
        _ => Operation.Invalid,
    };

    private static Operation Load(Instruction source) => (source.Opcode & 0xe0, source.Width) switch
    {
        (0x60, Width.Byte) => Operation.LoadByte,
        (0x60, Width.Half) => Operation.LoadHalf,
        (0x60, Width.Word) => Operation.LoadWord,
        (0x60, Width.Double) => Operation.LoadDouble,
        (0x80, Width.Byte) => Operation.LoadSignedByte,
        (0x80, Width.Half) => Operation.LoadSignedHalf,
        (0x80, Width.Word) => Operation.LoadSignedWord,
        _ => Operation.Invalid,
    };

    private static Operation Store(Instruction source) => source.Width switch
    {
        Width.Word when source.IsAtomic => Operation.AtomicWord,
        Width.Double when source.IsAtomic => Operation.AtomicDouble,
        _ when (source.Opcode & 0xe0) != 0x60 => Operation.Invalid,
        Width.Byte => Operation.StoreByte,
        Width.Half => Operation.StoreHalf,
        Width.Word => Operation.StoreWord,
        _ => Operation.StoreDouble,
    };

    private static Operation Jump(Instruction source) => source switch
    {
        { IsGoto: true } => Operation.Goto,
        { IsExit: true } => Operation.Exit,
        { IsHelperCall: true } => Operation.CallHelper,
        { IsLocalCall: true } => Operation.CallFunction,
        { IsConditionalJump: true } => Comparison(source.Condition),
        _ => Operation.Invalid,
    };

    private static Operation Jump32(Instruction source) => source switch
    {
        { IsGoto: true } => Operation.Goto,
        { IsConditionalJump: true } when Comparison(source.Condition) is not Operation.Invalid and var wide =>
            wide + (Operation.Equal32 - Operation.Equal),
        _ => Operation.Invalid,
    };

    private static Operation Comparison(Condition condition) => condition switch
    {
        Condition.Equal => Operation.Equal,
        Condition.NotEqual => Operation.NotEqual,
        Condition.Above => Operation.Above,
        Condition.AboveOrEqual => Operation.AboveOrEqual,
        Condition.Below => Operation.Below,
        Condition.BelowOrEqual => Operation.BelowOrEqual,
        Condition.AnyBit => Operation.AnyBit,
        Condition.SignedGreater => Operation.SignedGreater,
        Condition.SignedGreaterOrEqual => Operation.SignedGreaterOrEqual,
        Condition.SignedLess => Operation.SignedLess,
        Condition.SignedLessOrEqual => Operation.SignedLessOrEqual,
        _ => Operation.Invalid,
    };
}
