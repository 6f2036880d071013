using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Assembly;

public sealed class AssemblerTests
{
    private readonly Assembler _assembler = new("f", FunctionKind.Program);

    [Theory]
    [InlineData(0x7fff_ffffUL, 1)]
    [InlineData(0xffff_ffff_8000_0000UL, 1)]
    [InlineData(0x8000_0000UL, 1)]
    [InlineData(0xffff_ffffUL, 1)]
    [InlineData(0x1_0000_0000UL, 2)]
    [InlineData(0xffff_ffff_7fff_ffffUL, 2)]
    public void A_constant_takes_the_fewest_slots_that_make_it(ulong value, int slots)
    {
        _assembler.LoadConstant(R0, value);
        Assert.Equal(slots, _assembler.Count);
        _assembler.Exit();
        var machine = new Firewall.Bpf.Vm.VirtualMachine(Samples.Of(_assembler.Build()));
        Assert.Equal((long)value, machine.Run("f", [], default).ReturnValue);
    }

    [Fact]
    public void A_label_never_marked_is_an_error_that_names_it()
    {
        _assembler.Jump(_assembler.NewLabel("lost"));
        Assert.Contains("\"lost\"", Assert.Throws<AssemblyException>(_assembler.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_marked_twice_is_an_error_that_names_it()
    {
        var label = _assembler.NewLabel("twice");
        _assembler.Mark(label);
        Assert.Contains("\"twice\"", Assert.Throws<AssemblyException>(() => _assembler.Mark(label)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_of_another_function_is_an_error()
    {
        var foreign = new Assembler("g", FunctionKind.Program).NewLabel("foreign");
        Assert.Throws<AssemblyException>(() => _assembler.Jump(foreign));
        Assert.Throws<AssemblyException>(() => _assembler.Mark(foreign));
    }

    [Fact]
    public void A_label_behind_the_last_instruction_is_an_error_that_names_it()
    {
        var end = _assembler.NewLabel("behind");
        _assembler.JumpIf(Condition.Equal, R1, 0, end);
        _assembler.Exit();
        _assembler.Mark(end);
        Assert.Contains("\"behind\"", Assert.Throws<AssemblyException>(_assembler.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_runs_off_its_end_is_an_error()
    {
        Assert.Throws<AssemblyException>(_assembler.Build);
        _assembler.Move(R0, 0);
        Assert.Throws<AssemblyException>(_assembler.Build);
    }

    [Fact]
    public void What_the_kernel_would_refuse_at_load_is_refused_here()
    {
        var many = new MapSpec("many", MapType.Array, 4, 8, 2);
        var one = new MapSpec("one", MapType.Array, 4, 8, 1);
        Assert.Throws<AssemblyException>(() => _assembler.CallHelper(-1));
        Assert.Throws<AssemblyException>(() => _assembler.Alu(AluOp.ShiftLeft, R1, 64));
        Assert.Throws<AssemblyException>(() => _assembler.Alu32(AluOp.ShiftRight, R1, 32));
        Assert.Throws<AssemblyException>(() => _assembler.Alu(AluOp.Divide, R1, 0));
        Assert.Throws<AssemblyException>(() => _assembler.Alu(AluOp.Negate, R1, R2));
        Assert.Throws<AssemblyException>(() => _assembler.LoadMapValue(R1, many, 0));
        Assert.Throws<AssemblyException>(() => _assembler.LoadMapValue(R1, one, 8));
        Assert.Throws<AssemblyException>(() => _assembler.Emit(Instruction.Goto(1)));
        Assert.Throws<ArgumentException>(() => new MapSpec("sixteen_letters_", MapType.Array, 4, 4, 1));
        Assert.Equal(0, _assembler.Count);
    }

    [Fact]
    public void Only_global_functions_take_scalars()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Function("p", FunctionKind.Program, a => a.Exit(), scalars: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Samples.Function("g", FunctionKind.Global, a => a.Exit(), scalars: 5));
    }
}
