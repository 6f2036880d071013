using Firewall.Bpf.Isa;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class ArithmeticTests
{
    private const long Min64 = long.MinValue;
    private const int Min32 = int.MinValue;

    [Theory]
    [InlineData(AluOp.Add, long.MaxValue, 1, Min64)]
    [InlineData(AluOp.Subtract, 0, 1, -1)]
    [InlineData(AluOp.Multiply, -1, 3, -3)]
    [InlineData(AluOp.Divide, -1, 2, long.MaxValue)]
    [InlineData(AluOp.Divide, 7, 0, 0)]
    [InlineData(AluOp.SignedDivide, -7, 2, -3)]
    [InlineData(AluOp.SignedDivide, -7, 0, 0)]
    [InlineData(AluOp.SignedDivide, Min64, -1, Min64)]
    [InlineData(AluOp.Modulo, -1, 10, 5)]
    [InlineData(AluOp.Modulo, 7, 0, 7)]
    [InlineData(AluOp.SignedModulo, -7, 2, -1)]
    [InlineData(AluOp.SignedModulo, -7, 0, -7)]
    [InlineData(AluOp.SignedModulo, Min64, -1, 0)]
    [InlineData(AluOp.Or, 12, 10, 14)]
    [InlineData(AluOp.And, 12, 10, 8)]
    [InlineData(AluOp.Xor, 12, 10, 6)]
    [InlineData(AluOp.Move, 12, -10, -10)]
    [InlineData(AluOp.ShiftLeft, 1, 65, 2)]
    [InlineData(AluOp.ShiftRight, -1, 63, 1)]
    [InlineData(AluOp.ShiftRight, -1, 127, 1)]
    [InlineData(AluOp.ShiftRightArithmetic, -8, 2, -2)]
    public void Arithmetic_of_64_bits(AluOp op, long left, long right, long result) =>
        Assert.Equal(result, Evaluate(Instruction.Alu64(op, R0, R1), left, right));

    [Theory]
    [InlineData(AluOp.Add, 0xffff_ffff, 1, 0)]
    [InlineData(AluOp.Add, 0x5_0000_0001, 0x7_0000_0001, 2)]
    [InlineData(AluOp.Subtract, 0, 1, 0xffff_ffff)]
    [InlineData(AluOp.Multiply, -1, 3, 0xffff_fffd)]
    [InlineData(AluOp.Divide, -1, 2, 0x7fff_ffff)]
    [InlineData(AluOp.Divide, 7, 0x1_0000_0000, 0)]
    [InlineData(AluOp.SignedDivide, -7, 2, 0xffff_fffd)]
    [InlineData(AluOp.SignedDivide, Min32, -1, 0x8000_0000)]
    [InlineData(AluOp.SignedDivide, 7, 0, 0)]
    [InlineData(AluOp.Modulo, 0x5_0000_0007, 0, 7)]
    [InlineData(AluOp.Modulo, 7, 4, 3)]
    [InlineData(AluOp.SignedModulo, -7, 2, 0xffff_ffff)]
    [InlineData(AluOp.SignedModulo, Min32, -1, 0)]
    [InlineData(AluOp.SignedModulo, 0x5_0000_0007, 0, 7)]
    [InlineData(AluOp.Or, -1, 0, 0xffff_ffff)]
    [InlineData(AluOp.And, -1, -1, 0xffff_ffff)]
    [InlineData(AluOp.Xor, -1, 1, 0xffff_fffe)]
    [InlineData(AluOp.Move, 0, -1, 0xffff_ffff)]
    [InlineData(AluOp.ShiftLeft, 1, 33, 2)]
    [InlineData(AluOp.ShiftLeft, 1, 31, 0x8000_0000)]
    [InlineData(AluOp.ShiftRight, -1, 31, 1)]
    [InlineData(AluOp.ShiftRightArithmetic, 0x8000_0000, 4, 0xf800_0000)]
    public void Arithmetic_of_32_bits_clears_the_upper_half(AluOp op, long left, long right, long result) =>
        Assert.Equal(result, Evaluate(Instruction.Alu32(op, R0, R1), left, right));

    [Fact]
    public void An_immediate_is_extended_by_its_sign()
    {
        Assert.Equal(-1, Evaluate(Instruction.Alu64(AluOp.Or, R0, -1), 0, 0));
        Assert.Equal(0xffff_ffff, Evaluate(Instruction.Alu32(AluOp.Move, R0, -1), 0, 0));
    }

    [Fact]
    public void Negation_wraps()
    {
        Assert.Equal(Min64, Evaluate(Instruction.Alu64(AluOp.Negate, R0, 0), Min64, 0));
        Assert.Equal(0xffff_ffff, Evaluate(Instruction.Alu32(AluOp.Negate, R0, 0), 1, 0));
    }

    [Theory]
    [InlineData(8, 0x80, -128)]
    [InlineData(16, 0x8000, -32768)]
    [InlineData(32, 0x8000_0000, Min32)]
    [InlineData(8, 0x17f, 0x7f)]
    public void A_move_may_extend_a_sign(int bits, long value, long result) =>
        Assert.Equal(result, Evaluate(Instruction.MoveSignExtended64(R0, R1, bits), 0, value));

    [Theory]
    [InlineData(8, 0x80, 0xffff_ff80)]
    [InlineData(16, 0x8000, 0xffff_8000)]
    public void A_32_bit_move_may_extend_a_sign_to_32_bits(int bits, long value, long result) =>
        Assert.Equal(result, Evaluate(Instruction.MoveSignExtended32(R0, R1, bits), 0, value));

    [Theory]
    [InlineData(16, 0x0000_0000_0000_8877)]
    [InlineData(32, 0x0000_0000_8877_6655)]
    [InlineData(64, unchecked((long)0x8877_6655_4433_2211))]
    public void Byte_swaps_keep_only_the_swapped_bits(int bits, long result)
    {
        Assert.Equal(result, Evaluate(Instruction.ToBigEndian(R0, bits), 0x1122_3344_5566_7788, 0));
        Assert.Equal(result, Evaluate(Instruction.ByteSwap(R0, bits), 0x1122_3344_5566_7788, 0));
    }

    [Theory]
    [InlineData(16, 0x7788)]
    [InlineData(32, 0x5566_7788)]
    [InlineData(64, 0x1122_3344_5566_7788)]
    public void Little_endian_order_is_the_machines_own(int bits, long result) =>
        Assert.Equal(result, Evaluate(Instruction.ToLittleEndian(R0, bits), 0x1122_3344_5566_7788, 0));

    /// <summary>R0 after the instruction, from R0 = left and R1 = right.</summary>
    private static long Evaluate(Instruction instruction, long left, long right) => new VirtualMachine(Samples.Program(a =>
    {
        a.LoadConstant(R0, (ulong)left);
        a.LoadConstant(R1, (ulong)right);
        a.Emit(instruction);
        a.Exit();
    })).Run("main", [], default).ReturnValue;
}
