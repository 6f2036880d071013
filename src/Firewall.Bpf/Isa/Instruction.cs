using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Firewall.Bpf.Isa;

/// <summary>
/// One 8-byte instruction slot, the fields of RFC 9669 section 3.1. Every instruction takes one slot except the wide
/// load (<see cref="IsWideLoad"/>), which takes two; the second has opcode 0 and the high 32 bits.
/// </summary>
/// <param name="Offset">Slots for jumps, bytes for memory, a variant number in a few arithmetic instructions.</param>
[StructLayout(LayoutKind.Auto)]
public readonly partial record struct Instruction(byte Opcode, Register Destination, Register Source, short Offset, int Immediate)
{
    /// <summary>Bytes of one encoded slot.</summary>
    public const int Size = 8;

    private const byte RegisterOperand = 0x08;
    private const byte ModeMask = 0xe0;
    private const byte OperationMask = 0xf0;

    public InstructionClass Class => (InstructionClass)(Opcode & 0x07);

    /// <summary>True when the second operand is the source register, false when it is the immediate or there is none.</summary>
    public bool UsesSource => Class switch
    {
        InstructionClass.Load or InstructionClass.Store => true,
        InstructionClass.WideLoad or InstructionClass.StoreImmediate => false,
        _ => (Opcode & RegisterOperand) != 0 && !IsByteSwap,
    };

    public bool IsAlu => Class is InstructionClass.Alu32 or InstructionClass.Alu64;

    public bool IsByteSwap => IsAlu && Operation == 0xd0;

    /// <summary>Of a byte swap: the result is in big-endian order. The bit that elsewhere selects the register operand.</summary>
    public bool SwapsToBigEndian => IsByteSwap && (Opcode & RegisterOperand) != 0;

    /// <summary>First slot of a 64-bit immediate load.</summary>
    public bool IsWideLoad => Opcode == 0x18;

    public bool IsLoad => Class == InstructionClass.Load;

    /// <summary>A load that copies the top bit of the value through the register.</summary>
    public bool IsSignExtendingLoad => IsLoad && Mode == 0x80;

    public bool IsAtomic => Class == InstructionClass.Store && Mode == 0xc0;

    public bool IsStore => Class == InstructionClass.StoreImmediate || (Class == InstructionClass.Store && Mode == 0x60);

    /// <summary>A call of a helper, a function of this program or a kernel function.</summary>
    public bool IsCall => Opcode == 0x85;

    public bool IsHelperCall => IsCall && Source.Number == 0;

    public bool IsLocalCall => IsCall && Source.Number == 1;

    public bool IsKernelCall => IsCall && Source.Number == 2;

    public bool IsExit => Opcode == 0x95;

    /// <summary>An unconditional jump, short (<c>goto</c>) or long (<c>gotol</c>).</summary>
    public bool IsGoto => Opcode is 0x05 or 0x06;

    public bool IsConditionalJump =>
        Class is InstructionClass.Jump or InstructionClass.Jump32 && Operation is >= 0x10 and <= 0xd0 and not 0x80 and not 0x90;

    /// <summary>True after which control does not reach the next slot.</summary>
    public bool EndsFlow => IsExit || IsGoto;

    /// <summary>Slots between the next instruction and the target of a jump.</summary>
    public int JumpDistance => Opcode == 0x06 ? Immediate : Offset;

    public Condition Condition => (Condition)Operation;

    /// <summary>The arithmetic operation; the signed forms differ from the unsigned by an offset of 1.</summary>
    public AluOp AluOp => (AluOp)Operation is var op and (AluOp.Divide or AluOp.Modulo) && Offset == 1
        ? (AluOp)((int)op | 0x100)
        : (AluOp)Operation;

    /// <summary>Size of the memory access of a load, store or atomic instruction.</summary>
    public Width Width => Widths.FromOpcode(Opcode);

    /// <summary>The five fields; <c>Assembly.Disassembler</c> prints the meaning.</summary>
    public override string ToString() => $"{Opcode:x2} {Destination} {Source} {Offset} {Immediate}";

    private int Operation => Opcode & OperationMask;

    private int Mode => Opcode & ModeMask;

    /// <summary>Writes the slot's 8 bytes, little endian.</summary>
    public void Encode(Span<byte> target)
    {
        target[0] = Opcode;
        target[1] = (byte)(Destination.Number | (Source.Number << 4));
        BinaryPrimitives.WriteInt16LittleEndian(target[2..], Offset);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], Immediate);
    }

    /// <summary>Reads one slot from its 8 little-endian bytes.</summary>
    public static Instruction Decode(ReadOnlySpan<byte> source) => new(
        source[0],
        new Register((byte)(source[1] & 0x0f)),
        new Register((byte)(source[1] >> 4)),
        BinaryPrimitives.ReadInt16LittleEndian(source[2..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[4..]));

    /// <summary>The bytes of a whole program, <see cref="Size"/> per slot.</summary>
    public static byte[] Encode(ReadOnlySpan<Instruction> code)
    {
        var bytes = new byte[code.Length * Size];
        for (var i = 0; i < code.Length; i++)
        {
            code[i].Encode(bytes.AsSpan(i * Size));
        }

        return bytes;
    }
}
