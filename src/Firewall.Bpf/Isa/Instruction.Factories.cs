namespace Firewall.Bpf.Isa;

public readonly partial record struct Instruction
{
    private const byte MemoryMode = 0x60;
    private const byte SignExtendingMode = 0x80;
    private const byte AtomicMode = 0xc0;

    private static Register None => default;

    public static Instruction Alu64(AluOp op, Register destination, Register source) =>
        Arithmetic(InstructionClass.Alu64, op, destination, RegisterOperand, source, 0);

    public static Instruction Alu64(AluOp op, Register destination, int immediate) =>
        Arithmetic(InstructionClass.Alu64, op, destination, 0, None, immediate);

    /// <summary>32-bit arithmetic; the upper half of the destination becomes zero.</summary>
    public static Instruction Alu32(AluOp op, Register destination, Register source) =>
        Arithmetic(InstructionClass.Alu32, op, destination, RegisterOperand, source, 0);

    /// <summary>32-bit arithmetic; the upper half of the destination becomes zero.</summary>
    public static Instruction Alu32(AluOp op, Register destination, int immediate) =>
        Arithmetic(InstructionClass.Alu32, op, destination, 0, None, immediate);

    /// <summary>Copies the low <paramref name="bits"/> (8, 16 or 32) and their sign to 64 bits.</summary>
    public static Instruction MoveSignExtended64(Register destination, Register source, int bits) =>
        bits is 8 or 16 or 32
            ? new((byte)InstructionClass.Alu64 | (byte)AluOp.Move | RegisterOperand, destination, source, (short)bits, 0)
            : throw new ArgumentOutOfRangeException(nameof(bits), bits, "a 64-bit sign extension starts from 8, 16 or 32 bits");

    /// <summary>Copies the low <paramref name="bits"/> (8 or 16) and their sign to 32 bits; the upper half becomes zero.</summary>
    public static Instruction MoveSignExtended32(Register destination, Register source, int bits) =>
        bits is 8 or 16
            ? new((byte)InstructionClass.Alu32 | (byte)AluOp.Move | RegisterOperand, destination, source, (short)bits, 0)
            : throw new ArgumentOutOfRangeException(nameof(bits), bits, "a 32-bit sign extension starts from 8 or 16 bits");

    /// <summary>Keeps the low <paramref name="bits"/> (16, 32 or 64) in little-endian order: a truncation on little-endian machines.</summary>
    public static Instruction ToLittleEndian(Register destination, int bits) => Swap(0xd4, destination, bits);

    /// <summary>Turns the low <paramref name="bits"/> (16, 32 or 64) to big-endian order: a swap on little-endian machines.</summary>
    public static Instruction ToBigEndian(Register destination, int bits) => Swap(0xdc, destination, bits);

    /// <summary>Reverses the low <paramref name="bits"/> (16, 32 or 64) on every machine; clears the others.</summary>
    public static Instruction ByteSwap(Register destination, int bits) => Swap(0xd7, destination, bits);

    public static Instruction Load(Width width, Register destination, Register address, short offset) =>
        new((byte)(MemoryMode | width.OpcodeBits() | (byte)InstructionClass.Load), destination, address, offset, 0);

    /// <summary>Loads a byte, half or word and copies its sign through the register.</summary>
    public static Instruction LoadSigned(Width width, Register destination, Register address, short offset) =>
        width != Width.Double
            ? new((byte)(SignExtendingMode | width.OpcodeBits() | (byte)InstructionClass.Load), destination, address, offset, 0)
            : throw new ArgumentOutOfRangeException(nameof(width), width, "a double fills the register: there is nothing to extend");

    public static Instruction Store(Width width, Register address, short offset, Register source) =>
        new((byte)(MemoryMode | width.OpcodeBits() | (byte)InstructionClass.Store), address, source, offset, 0);

    public static Instruction StoreImmediate(Width width, Register address, short offset, int immediate) =>
        new((byte)(MemoryMode | width.OpcodeBits() | (byte)InstructionClass.StoreImmediate), address, None, offset, immediate);

    /// <summary>Words and doubles only.</summary>
    public static Instruction Atomic(AtomicOp op, Width width, Register address, short offset, Register source) =>
        width is Width.Word or Width.Double
            ? new((byte)(AtomicMode | width.OpcodeBits() | (byte)InstructionClass.Store), address, source, offset, (int)op)
            : throw new ArgumentOutOfRangeException(nameof(width), width, "atomic operations work on words and doubles");

    public static Instruction JumpIf(Condition condition, Register left, Register right, short distance) =>
        new((byte)((byte)InstructionClass.Jump | RegisterOperand | (byte)condition), left, right, distance, 0);

    public static Instruction JumpIf(Condition condition, Register left, int right, short distance) =>
        new((byte)((byte)InstructionClass.Jump | (byte)condition), left, None, distance, right);

    /// <summary>Compares the low halves of both operands.</summary>
    public static Instruction JumpIf32(Condition condition, Register left, Register right, short distance) =>
        new((byte)((byte)InstructionClass.Jump32 | RegisterOperand | (byte)condition), left, right, distance, 0);

    /// <summary>Compares the low half of the register.</summary>
    public static Instruction JumpIf32(Condition condition, Register left, int right, short distance) =>
        new((byte)((byte)InstructionClass.Jump32 | (byte)condition), left, None, distance, right);

    public static Instruction Goto(short distance) => new(0x05, None, None, distance, 0);

    /// <summary><c>gotol</c>: an unconditional jump with a 32-bit distance (kernel 6.6 and later).</summary>
    public static Instruction GotoLong(int distance) => new(0x06, None, None, 0, distance);

    public static Instruction CallHelper(int number) => new(0x85, None, None, 0, number);

    /// <summary>Calls a function of the same program; the distance counts slots from the next instruction.</summary>
    public static Instruction CallLocal(int distance) => new(0x85, None, new Register(1), 0, distance);

    /// <summary>Calls a kernel function by its BTF id in vmlinux.</summary>
    public static Instruction CallKernel(int btfId) => new(0x85, None, new Register(2), 0, btfId);

    public static Instruction Exit() => new(0x95, None, None, 0, 0);

    /// <summary>The two slots of a 64-bit immediate load; what the halves mean depends on <paramref name="kind"/>.</summary>
    public static (Instruction Low, Instruction High) LoadWide(Register destination, WideSource kind, int low, int high) =>
        (new(0x18, destination, new Register((byte)kind), 0, low), new(0, None, None, 0, high));

    public static (Instruction Low, Instruction High) LoadConstant(Register destination, ulong value) =>
        LoadWide(destination, WideSource.Constant, (int)(uint)value, (int)(value >> 32));

    private static Instruction Arithmetic(
        InstructionClass width, AluOp op, Register destination, byte operand, Register source, int immediate) =>
        new((byte)((byte)width | operand | ((int)op & OperationMask)), destination, source, (short)((int)op >> 8), immediate);

    private static Instruction Swap(byte opcode, Register destination, int bits) =>
        bits is 16 or 32 or 64
            ? new(opcode, destination, None, 0, bits)
            : throw new ArgumentOutOfRangeException(nameof(bits), bits, "a byte swap works on 16, 32 or 64 bits");
}
