namespace Firewall.Bpf.Vm;

/// <summary>What the interpreter switches on: one case per behaviour, with register and immediate operands together.</summary>
internal enum Operation : byte
{
    /// <summary>Nothing that can run: an unknown opcode, the second half of a wide load, the end of a function.</summary>
    Invalid,
    Add, Subtract, Multiply, Divide, SignedDivide, Or, And, ShiftLeft, ShiftRight, ShiftRightArithmetic,
    Negate, Modulo, SignedModulo, Xor, Move, Move8, Move16, Move32,
    Add32, Subtract32, Multiply32, Divide32, SignedDivide32, Or32, And32, ShiftLeft32, ShiftRight32, ShiftRightArithmetic32,
    Negate32, Modulo32, SignedModulo32, Xor32, MoveZero32, Move8To32, Move16To32,
    Truncate, Swap16, Swap32, Swap64,
    LoadConstant,
    LoadByte, LoadHalf, LoadWord, LoadDouble, LoadSignedByte, LoadSignedHalf, LoadSignedWord,
    StoreByte, StoreHalf, StoreWord, StoreDouble,
    AtomicWord, AtomicDouble,
    Goto,
    Equal, NotEqual, Above, AboveOrEqual, Below, BelowOrEqual, AnyBit,
    SignedGreater, SignedGreaterOrEqual, SignedLess, SignedLessOrEqual,
    Equal32, NotEqual32, Above32, AboveOrEqual32, Below32, BelowOrEqual32, AnyBit32,
    SignedGreater32, SignedGreaterOrEqual32, SignedLess32, SignedLessOrEqual32,
    CallHelper, CallKernel, CallFunction, Exit,
}
