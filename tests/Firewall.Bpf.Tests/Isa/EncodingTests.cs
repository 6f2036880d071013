using Firewall.Bpf.Isa;
using static Firewall.Bpf.Isa.Instruction;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Isa;

/// <summary>Every factory against the opcode tables of RFC 9669; bytes as in memory: opcode, registers, offset, immediate.</summary>
public sealed class EncodingTests
{
    public static TheoryData<string, Instruction, string> Table => new()
    {
        { "64-bit add of a register", Alu64(AluOp.Add, R1, R2), "0f21000000000000" },
        { "64-bit add of an immediate", Alu64(AluOp.Add, R1, 5), "0701000005000000" },
        { "64-bit subtract", Alu64(AluOp.Subtract, R1, -1), "17010000ffffffff" },
        { "64-bit multiply", Alu64(AluOp.Multiply, R3, R4), "2f43000000000000" },
        { "64-bit divide", Alu64(AluOp.Divide, R3, R4), "3f43000000000000" },
        { "64-bit signed divide", Alu64(AluOp.SignedDivide, R3, R4), "3f43010000000000" },
        { "64-bit or", Alu64(AluOp.Or, R3, 7), "4703000007000000" },
        { "64-bit and", Alu64(AluOp.And, R3, 7), "5703000007000000" },
        { "64-bit shift left", Alu64(AluOp.ShiftLeft, R3, 7), "6703000007000000" },
        { "64-bit shift right", Alu64(AluOp.ShiftRight, R3, 7), "7703000007000000" },
        { "64-bit negate", Alu64(AluOp.Negate, R3, 0), "8703000000000000" },
        { "64-bit modulo", Alu64(AluOp.Modulo, R3, R4), "9f43000000000000" },
        { "64-bit signed modulo", Alu64(AluOp.SignedModulo, R3, R4), "9f43010000000000" },
        { "64-bit xor", Alu64(AluOp.Xor, R3, R4), "af43000000000000" },
        { "64-bit move", Alu64(AluOp.Move, R9, R10), "bfa9000000000000" },
        { "64-bit arithmetic shift right", Alu64(AluOp.ShiftRightArithmetic, R3, R4), "cf43000000000000" },
        { "32-bit add of a register", Alu32(AluOp.Add, R1, R2), "0c21000000000000" },
        { "32-bit move of an immediate", Alu32(AluOp.Move, R1, -2), "b4010000feffffff" },
        { "32-bit signed modulo", Alu32(AluOp.SignedModulo, R3, 9), "9403010009000000" },
        { "move of a signed byte", MoveSignExtended64(R1, R2, 8), "bf21080000000000" },
        { "move of a signed word", MoveSignExtended64(R1, R2, 32), "bf21200000000000" },
        { "32-bit move of a signed half", MoveSignExtended32(R1, R2, 16), "bc21100000000000" },
        { "le16", ToLittleEndian(R1, 16), "d401000010000000" },
        { "be32", ToBigEndian(R1, 32), "dc01000020000000" },
        { "bswap64", ByteSwap(R1, 64), "d701000040000000" },
        { "load byte", Load(Width.Byte, R1, R2, 3), "7121030000000000" },
        { "load half", Load(Width.Half, R1, R2, 3), "6921030000000000" },
        { "load word", Load(Width.Word, R1, R2, -4), "6121fcff00000000" },
        { "load double", Load(Width.Double, R1, R2, 3), "7921030000000000" },
        { "load signed byte", LoadSigned(Width.Byte, R1, R2, 3), "9121030000000000" },
        { "load signed half", LoadSigned(Width.Half, R1, R2, 3), "8921030000000000" },
        { "load signed word", LoadSigned(Width.Word, R1, R2, 3), "8121030000000000" },
        { "store byte", Store(Width.Byte, R10, -1, R2), "732affff00000000" },
        { "store half", Store(Width.Half, R10, -2, R2), "6b2afeff00000000" },
        { "store word", Store(Width.Word, R10, -4, R2), "632afcff00000000" },
        { "store double", Store(Width.Double, R10, -8, R2), "7b2af8ff00000000" },
        { "store immediate byte", StoreImmediate(Width.Byte, R10, -1, 5), "720affff05000000" },
        { "store immediate half", StoreImmediate(Width.Half, R10, -2, 5), "6a0afeff05000000" },
        { "store immediate word", StoreImmediate(Width.Word, R10, -4, 5), "620afcff05000000" },
        { "store immediate double", StoreImmediate(Width.Double, R10, -8, -1), "7a0af8ffffffffff" },
        { "atomic word add", Atomic(AtomicOp.Add, Width.Word, R1, 4, R2), "c321040000000000" },
        { "atomic double fetch add", Atomic(AtomicOp.FetchAdd, Width.Double, R1, 4, R2), "db21040001000000" },
        { "atomic or", Atomic(AtomicOp.Or, Width.Double, R1, 0, R2), "db21000040000000" },
        { "atomic and", Atomic(AtomicOp.And, Width.Double, R1, 0, R2), "db21000050000000" },
        { "atomic xor", Atomic(AtomicOp.Xor, Width.Double, R1, 0, R2), "db210000a0000000" },
        { "atomic exchange", Atomic(AtomicOp.Exchange, Width.Double, R1, 0, R2), "db210000e1000000" },
        { "atomic compare and exchange", Atomic(AtomicOp.CompareExchange, Width.Double, R1, 0, R2), "db210000f1000000" },
        { "goto", Goto(-2), "0500feff00000000" },
        { "gotol", GotoLong(70_000), "0600000070110100" },
        { "jeq immediate", JumpIf(Condition.Equal, R1, 5, 3), "1501030005000000" },
        { "jeq register", JumpIf(Condition.Equal, R1, R2, 3), "1d21030000000000" },
        { "jgt", JumpIf(Condition.Above, R1, 5, 3), "2501030005000000" },
        { "jge", JumpIf(Condition.AboveOrEqual, R1, 5, 3), "3501030005000000" },
        { "jset", JumpIf(Condition.AnyBit, R1, 5, 3), "4501030005000000" },
        { "jne", JumpIf(Condition.NotEqual, R1, 5, 3), "5501030005000000" },
        { "jsgt", JumpIf(Condition.SignedGreater, R1, 5, 3), "6501030005000000" },
        { "jsge", JumpIf(Condition.SignedGreaterOrEqual, R1, 5, 3), "7501030005000000" },
        { "jlt", JumpIf(Condition.Below, R1, 5, 3), "a501030005000000" },
        { "jle", JumpIf(Condition.BelowOrEqual, R1, 5, 3), "b501030005000000" },
        { "jslt", JumpIf(Condition.SignedLess, R1, 5, 3), "c501030005000000" },
        { "jsle", JumpIf(Condition.SignedLessOrEqual, R1, 5, 3), "d501030005000000" },
        { "32-bit jeq immediate", JumpIf32(Condition.Equal, R1, 5, 3), "1601030005000000" },
        { "32-bit jlt register", JumpIf32(Condition.Below, R1, R2, 3), "ae21030000000000" },
        { "call of a helper", CallHelper(HelperFunction.MapLookupElement), "8500000001000000" },
        { "call of a local function", CallLocal(7), "8510000007000000" },
        { "call of a kernel function", CallKernel(1234), "85200000d2040000" },
        { "exit", Exit(), "9500000000000000" },
        { "wide constant, low half", LoadConstant(R1, 0x1122_3344_5566_7788).Low, "1801000088776655" },
        { "wide constant, high half", LoadConstant(R1, 0x1122_3344_5566_7788).High, "0000000044332211" },
        { "map by descriptor", LoadWide(R1, WideSource.Map, 5, 0).Low, "1811000005000000" },
        { "map value by descriptor", LoadWide(R1, WideSource.MapValue, 5, 8).Low, "1821000005000000" },
        { "kernel variable", LoadWide(R1, WideSource.Variable, 5, 0).Low, "1831000005000000" },
        { "function", LoadWide(R1, WideSource.Function, -5, 0).Low, "18410000fbffffff" },
        { "map by index", LoadWide(R1, WideSource.MapIndex, 5, 0).Low, "1851000005000000" },
        { "map value by index", LoadWide(R1, WideSource.MapIndexValue, 5, 0).Low, "1861000005000000" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void An_instruction_has_the_bytes_of_the_RFC_and_comes_back_from_them(string name, Instruction instruction, string bytes)
    {
        Assert.NotEmpty(name);
        var encoded = Encode([instruction]);
        Assert.Equal(bytes, Convert.ToHexStringLower(encoded));
        Assert.Equal(instruction, Decode(encoded));
    }

    [Fact]
    public void Widths_and_bit_counts_that_do_not_exist_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteSwap(R1, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => MoveSignExtended64(R1, R2, 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => MoveSignExtended32(R1, R2, 32));
        Assert.Throws<ArgumentOutOfRangeException>(() => LoadSigned(Width.Double, R1, R2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Atomic(AtomicOp.Add, Width.Byte, R1, 0, R2));
    }

    [Fact]
    public void The_inverse_of_an_inverse_is_the_condition_itself()
    {
        foreach (var condition in Enum.GetValues<Condition>().Where(c => c != Condition.AnyBit))
        {
            Assert.NotEqual(condition, condition.Inverse());
            Assert.Equal(condition, condition.Inverse()!.Value.Inverse());
        }

        Assert.Null(Condition.AnyBit.Inverse());
    }
}
