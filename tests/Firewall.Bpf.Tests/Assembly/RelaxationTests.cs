using System.Diagnostics;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Assembly;

public sealed class RelaxationTests
{
    private const int Farthest = short.MaxValue;

    [Fact]
    public void A_conditional_jump_reaches_the_last_distance_in_one_slot()
    {
        var code = Forward(Farthest, (a, far) => a.JumpIf(Condition.Equal, R1, 5, far));
        Assert.Equal(Instruction.JumpIf(Condition.Equal, R1, 5, short.MaxValue), code[0]);
        Assert.Equal(Farthest + 2, code.Length);
    }

    [Fact]
    public void A_jump_beyond_the_range_of_a_conditional_becomes_a_long_jump()
    {
        var code = Forward(Farthest + 1, (a, far) => a.JumpIf(Condition.Equal, R1, 5, far));
        Assert.Equal(Instruction.JumpIf(Condition.NotEqual, R1, 5, 1), code[0]);
        Assert.Equal(Instruction.GotoLong(Farthest + 1), code[1]);
        Assert.Equal(Farthest + 4, code.Length);
    }

    [Fact]
    public void A_32_bit_comparison_of_registers_keeps_its_shape_when_inverted()
    {
        var code = Forward(Farthest + 1, (a, far) => a.JumpIf32(Condition.SignedLess, R1, R2, far));
        Assert.Equal(Instruction.JumpIf32(Condition.SignedGreaterOrEqual, R1, R2, 1), code[0]);
    }

    [Fact]
    public void A_far_bit_test_which_has_no_inverse_jumps_over_a_jump()
    {
        var code = Forward(Farthest + 1, (a, far) => a.JumpIf(Condition.AnyBit, R1, 5, far));
        Assert.Equal(
            [Instruction.JumpIf(Condition.AnyBit, R1, 5, 1), Instruction.Goto(1), Instruction.GotoLong(Farthest + 1)],
            code[..3]);
    }

    [Theory]
    [InlineData(Farthest, false)]
    [InlineData(Farthest + 1, true)]
    public void A_goto_becomes_long_where_16_bits_end(int distance, bool isLong)
    {
        var code = Forward(distance, (a, far) => a.Jump(far));
        Assert.Equal(isLong ? Instruction.GotoLong(distance) : Instruction.Goto((short)distance), code[0]);
    }

    [Theory]
    [InlineData(Farthest, false)]
    [InlineData(Farthest + 1, true)]
    public void A_jump_back_has_one_slot_more_of_range(int between, bool isLong)
    {
        var code = Samples.Function("f", FunctionKind.Program, a =>
        {
            var top = a.NewLabel("top");
            a.Mark(top);
            Fill(a, between);
            a.Jump(top);
        }).Code;
        Assert.Equal(isLong ? Instruction.GotoLong(-between - 1) : Instruction.Goto((short)(-between - 1)), code[^1]);
    }

    [Fact]
    public void Lengthening_one_jump_may_lengthen_another_that_spans_it()
    {
        var code = Samples.Function("f", FunctionKind.Program, a =>
        {
            var near = a.NewLabel("near");
            var far = a.NewLabel("far");
            a.JumpIf(Condition.Equal, R1, 1, near);
            a.JumpIf(Condition.Equal, R1, 2, far);
            Fill(a, Farthest - 1);
            a.Mark(near);
            Fill(a, 2);
            a.Mark(far);
            a.Exit();
        }).Code;
        Assert.Equal(Instruction.GotoLong(Farthest + 1), code[1]);
        Assert.Equal(Instruction.GotoLong(Farthest + 1), code[3]);
    }

    [Fact]
    public void Jumps_to_where_control_goes_anyway_vanish_also_in_chains()
    {
        var code = Samples.Function("f", FunctionKind.Program, a =>
        {
            var end = a.NewLabel("end");
            a.Move(R0, 1);
            a.JumpIf(Condition.Equal, R0, 1, end);
            a.Jump(end);
            a.JumpIf32(Condition.Equal, R0, R1, end);
            a.Mark(end);
            a.Exit();
        }).Code;
        Assert.Equal([Instruction.Alu64(AluOp.Move, R0, 1), Instruction.Exit()], code.ToArray());
    }

    [Fact]
    public void A_jump_over_a_jump_that_stays_stays()
    {
        var code = Samples.Function("f", FunctionKind.Program, a =>
        {
            var top = a.NewLabel("top");
            var end = a.NewLabel("end");
            a.Mark(top);
            a.JumpIf(Condition.Equal, R1, 1, end);
            a.Jump(top);
            a.Mark(end);
            a.Exit();
        }).Code;
        Assert.Equal([Instruction.JumpIf(Condition.Equal, R1, 1, 1), Instruction.Goto(-2), Instruction.Exit()], code.ToArray());
    }

    [Fact]
    public void Relocations_and_lines_move_with_their_instructions()
    {
        var map = new MapSpec("m", MapType.Array, 4, 4, 1);
        var gone = new SourceLine("f", 1, 1, "gone");
        var stays = new SourceLine("f", 2, 1, "stays");
        var function = Samples.Function("f", FunctionKind.Program, a =>
        {
            var here = a.NewLabel("here");
            a.Origin = gone;
            a.Jump(here);
            a.Mark(here);
            a.Origin = stays;
            a.LoadMap(R1, map);
            a.Call("g");
            a.Origin = null;
            a.Exit();
        });
        Assert.Equal([new MapRelocation(0, "m"), new CallRelocation(2, "g")], function.Relocations.ToArray());
        Assert.Equal([new LineEntry(0, stays), new LineEntry(3, SourceLine.None)], function.Lines.ToArray());
    }

    [Fact]
    public void A_million_instructions_relax_in_linear_time()
    {
        const int Rules = 250_000;
        var assembler = new Assembler("big", FunctionKind.Program);
        var end = assembler.NewLabel("end");
        for (var i = 0; i < Rules; i++)
        {
            var next = assembler.NewLabel("next");
            assembler.JumpIf(Condition.NotEqual, R1, i, next);
            assembler.Move(R0, i);
            assembler.JumpIf(Condition.AnyBit, R2, 1, end);
            assembler.Jump(end);
            assembler.Mark(next);
        }

        assembler.Mark(end);
        assembler.Exit();
        var clock = Stopwatch.StartNew();
        var function = assembler.Build();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
        Assert.True(function.Code.Length > 4 * Rules);
    }

    /// <summary>One jump, then so many slots, then the exit it goes to.</summary>
    private static Instruction[] Forward(int between, Action<Assembler, Label> jump) => [.. Samples.Function("f", FunctionKind.Program, a =>
    {
        var far = a.NewLabel("far");
        jump(a, far);
        Fill(a, between);
        a.Mark(far);
        a.Exit();
    }).Code];

    private static void Fill(Assembler assembler, int slots)
    {
        for (var i = 0; i < slots; i++)
        {
            assembler.Move(R0, 0);
        }
    }
}
