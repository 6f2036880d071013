using CsCheck;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Vm;

namespace Firewall.Bpf.Tests.Vm;

/// <summary>The machine against a second reading of RFC 9669, written with 128-bit numbers so that the two share no code.</summary>
public sealed class RandomProgramTests
{
    private static readonly Gen<long> Values = Gen.OneOf(
        Gen.Long,
        Gen.Int.Select(i => (long)i),
        Gen.OneOf<long>(0, 1, -1, long.MinValue, long.MaxValue, int.MinValue, uint.MaxValue, 1L << 32));

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Enum<AluOp>(), Gen.Bool, Gen.Byte[0, 4], Gen.Byte[0, 4], Gen.Bool, Values,
        (op, wide, destination, source, immediate, value) => new Step(op, wide, destination, source, immediate, (int)value));

    [Fact]
    public void Random_straight_line_arithmetic_gives_what_the_RFC_says() =>
        Gen.Select(Values.Array[5], Steps.Array[1, 40]).Sample((start, steps) =>
        {
            var program = Samples.Program(a =>
            {
                for (byte i = 0; i < start.Length; i++)
                {
                    a.LoadConstant(new Register(i), (ulong)start[i]);
                }

                foreach (var step in steps)
                {
                    a.Emit(step.Encode());
                }

                a.Exit();
            });
            var registers = start.ToArray();
            foreach (var step in steps)
            {
                step.Apply(registers);
            }

            return new VirtualMachine(program).Run("main", [], default).ReturnValue == registers[0];
        });

    private sealed record Step(AluOp Op, bool Is64, byte Destination, byte Source, bool IsImmediate, int Value)
    {
        private int Bits => Is64 ? 64 : 32;

        public Instruction Encode()
        {
            var (destination, source) = (new Register(Destination), new Register(Source));
            return (Is64, IsImmediate || Op == AluOp.Negate) switch
            {
                (true, true) => Instruction.Alu64(Op, destination, Value),
                (true, false) => Instruction.Alu64(Op, destination, source),
                (false, true) => Instruction.Alu32(Op, destination, Value),
                (false, false) => Instruction.Alu32(Op, destination, source),
            };
        }

        public void Apply(long[] registers)
        {
            var right = IsImmediate ? Value : registers[Source];
            var result = Evaluate(registers[Destination], right);
            registers[Destination] = Is64 ? (long)(ulong)(result & ulong.MaxValue) : (long)(result & uint.MaxValue);
        }

        private Int128 Evaluate(long left, long right)
        {
            var (l, r) = (Unsigned(left), Unsigned(right));
            var (sl, sr) = (Signed(left), Signed(right));
            var shift = (int)(r % Bits);
            return Op switch
            {
                AluOp.Add => l + r,
                AluOp.Subtract => l - r,
                AluOp.Multiply => (Int128)((UInt128)l * (UInt128)r & ulong.MaxValue),
                AluOp.Divide => r == 0 ? 0 : l / r,
                AluOp.SignedDivide => sr == 0 ? 0 : sl / sr,
                AluOp.Or => l | r,
                AluOp.And => l & r,
                AluOp.ShiftLeft => l << shift,
                AluOp.ShiftRight => l >> shift,
                AluOp.ShiftRightArithmetic => sl >> shift,
                AluOp.Negate => -l,
                AluOp.Modulo => r == 0 ? l : l % r,
                AluOp.SignedModulo => sr == 0 ? sl : sl % sr,
                AluOp.Xor => l ^ r,
                AluOp.Move => r,
                _ => throw new InvalidOperationException($"{Op}"),
            };
        }

        private Int128 Unsigned(long value) => Is64 ? (ulong)value : (uint)value;

        private Int128 Signed(long value) => Is64 ? value : (int)value;
    }
}
