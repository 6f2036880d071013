using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class JumpTests
{
    [Theory]
    [InlineData(Condition.Equal, 5, 5, true)]
    [InlineData(Condition.Equal, 0x1_0000_0005, 5, false)]
    [InlineData(Condition.NotEqual, 5, 6, true)]
    [InlineData(Condition.Above, -1, 1, true)]
    [InlineData(Condition.Above, 1, 1, false)]
    [InlineData(Condition.AboveOrEqual, 1, 1, true)]
    [InlineData(Condition.Below, 1, -1, true)]
    [InlineData(Condition.BelowOrEqual, 1, 1, true)]
    [InlineData(Condition.BelowOrEqual, -1, 1, false)]
    [InlineData(Condition.AnyBit, 6, 4, true)]
    [InlineData(Condition.AnyBit, 6, 8, false)]
    [InlineData(Condition.SignedGreater, 1, -1, true)]
    [InlineData(Condition.SignedGreaterOrEqual, -1, -1, true)]
    [InlineData(Condition.SignedLess, -1, 1, true)]
    [InlineData(Condition.SignedLessOrEqual, 1, -1, false)]
    public void Conditions_compare_64_bits(Condition condition, long left, int right, bool taken)
    {
        Assert.Equal(taken, Taken(left, right, (a, l) => a.JumpIf(condition, R1, right, l)));
        Assert.Equal(taken, Taken(left, right, (a, l) => a.JumpIf(condition, R1, R2, l)));
    }

    [Theory]
    [InlineData(Condition.Equal, 0x1_0000_0005, 5, true)]
    [InlineData(Condition.NotEqual, 0x1_0000_0005, 5, false)]
    [InlineData(Condition.Above, 0x1_0000_0005, 5, false)]
    [InlineData(Condition.Above, 0xffff_ffff, 5, true)]
    [InlineData(Condition.AboveOrEqual, 5, -1, false)]
    [InlineData(Condition.Below, 5, -1, true)]
    [InlineData(Condition.BelowOrEqual, 0xffff_ffff, -1, true)]
    [InlineData(Condition.AnyBit, 0x1_0000_0000, -1, false)]
    [InlineData(Condition.SignedGreater, 0x8000_0000, 0, false)]
    [InlineData(Condition.SignedGreaterOrEqual, 0x7fff_ffff, 0, true)]
    [InlineData(Condition.SignedLess, 0xffff_ffff, 0, true)]
    [InlineData(Condition.SignedLessOrEqual, 0xffff_ffff, -1, true)]
    public void Conditions_of_32_bits_ignore_the_upper_half(Condition condition, long left, int right, bool taken)
    {
        Assert.Equal(taken, Taken(left, right, (a, l) => a.JumpIf32(condition, R1, right, l)));
        Assert.Equal(taken, Taken(left, right, (a, l) => a.JumpIf32(condition, R1, R2, l)));
    }

    [Fact]
    public void Long_jumps_and_jumps_back_arrive()
    {
        var program = Samples.Program(a =>
        {
            var start = a.NewLabel("start");
            var end = a.NewLabel("end");
            a.Move(R0, 0);
            a.Mark(start);
            a.Alu(AluOp.Add, R0, 1);
            a.JumpIf(Condition.AnyBit, R0, 4, end);
            for (var i = 0; i < 40_000; i++)
            {
                a.Move(R2, i);
            }

            a.Jump(start);
            a.Mark(end);
            a.Exit();
        });
        Assert.Equal(4, new VirtualMachine(program).Run("main", [], default).ReturnValue);
    }

    [Fact]
    public void Executed_instructions_are_counted_and_a_wide_load_is_one()
    {
        var program = Samples.Program(a =>
        {
            a.LoadConstant(R0, ulong.MaxValue / 2);
            a.Exit();
        });
        Assert.Equal(new VmRun(long.MaxValue, 2), new VirtualMachine(program).Run("main", [], default));
    }

    private static bool Taken(long left, long right, Action<Firewall.Bpf.Assembly.Assembler, Firewall.Bpf.Assembly.Label> jump)
    {
        var program = Samples.Function("main", FunctionKind.Program, a =>
        {
            var there = a.NewLabel("there");
            a.LoadConstant(R1, (ulong)left);
            a.LoadConstant(R2, (ulong)right);
            jump(a, there);
            a.Move(R0, 0);
            a.Exit();
            a.Mark(there);
            a.Move(R0, 1);
            a.Exit();
        });
        return new VirtualMachine(Samples.Of(program)).Run("main", [], default).ReturnValue == 1;
    }
}
