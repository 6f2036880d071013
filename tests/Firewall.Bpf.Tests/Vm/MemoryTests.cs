using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class MemoryTests
{
    private static readonly byte[] Frame = [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87];

    [Theory]
    [InlineData(Width.Byte, 0x80)]
    [InlineData(Width.Half, 0x8180)]
    [InlineData(Width.Word, 0x8382_8180)]
    [InlineData(Width.Double, unchecked((long)0x8786_8584_8382_8180))]
    public void Loads_are_little_endian_and_clear_the_rest(Width width, long result) =>
        Assert.Equal(result, Run(a => a.Load(width, R0, R2, 0)));

    [Theory]
    [InlineData(Width.Byte, -128)]
    [InlineData(Width.Half, unchecked((short)0x8180))]
    [InlineData(Width.Word, unchecked((int)0x8382_8180))]
    public void Sign_extending_loads_fill_the_register(Width width, long result) =>
        Assert.Equal(result, Run(a => a.Emit(Instruction.LoadSigned(width, R0, R2, 0))));

    [Theory]
    [InlineData(Width.Byte, 0x88)]
    [InlineData(Width.Half, 0x7788)]
    [InlineData(Width.Word, 0x5566_7788)]
    [InlineData(Width.Double, 0x1122_3344_5566_7788)]
    public void A_store_writes_its_width_and_no_more(Width width, long result) => Assert.Equal(result, Run(a =>
    {
        a.StoreImmediate(Width.Double, FramePointer, -8, 0);
        a.LoadConstant(R1, 0x1122_3344_5566_7788);
        a.Store(width, FramePointer, -8, R1);
        a.Load(Width.Double, R0, FramePointer, -8);
    }));

    [Fact]
    public void A_stored_immediate_is_extended_by_its_sign() => Assert.Equal(-2, Run(a =>
    {
        a.StoreImmediate(Width.Double, FramePointer, -8, -2);
        a.Load(Width.Double, R0, FramePointer, -8);
    }));

    [Theory]
    [InlineData(AtomicOp.Add, 15, 5)]
    [InlineData(AtomicOp.FetchAdd, 15, 10)]
    [InlineData(AtomicOp.Or, 15, 5)]
    [InlineData(AtomicOp.FetchOr, 15, 10)]
    [InlineData(AtomicOp.And, 0, 5)]
    [InlineData(AtomicOp.FetchAnd, 0, 10)]
    [InlineData(AtomicOp.Xor, 15, 5)]
    [InlineData(AtomicOp.FetchXor, 15, 10)]
    [InlineData(AtomicOp.Exchange, 5, 10)]
    public void Atomic_operations_change_memory_and_fetch_the_old_value(AtomicOp op, long memory, long source)
    {
        foreach (var width in new[] { Width.Word, Width.Double })
        {
            Assert.Equal((memory << 8) | source, Run(a =>
            {
                a.StoreImmediate(Width.Double, FramePointer, -8, 10);
                a.Move(R1, 5);
                a.Emit(Instruction.Atomic(op, width, FramePointer, -8, R1));
                a.Load(Width.Double, R0, FramePointer, -8);
                a.Alu(AluOp.ShiftLeft, R0, 8);
                a.Alu(AluOp.Or, R0, R1);
            }));
        }
    }

    [Theory]
    [InlineData(10, 5)]
    [InlineData(11, 10)]
    public void Compare_and_exchange_stores_only_on_equality_and_returns_the_old_value(int expected, long memory) =>
        Assert.Equal((memory << 8) | 10, Run(a =>
        {
            a.StoreImmediate(Width.Double, FramePointer, -8, 10);
            a.Move(R0, expected);
            a.Move(R1, 5);
            a.Emit(Instruction.Atomic(AtomicOp.CompareExchange, Width.Double, FramePointer, -8, R1));
            a.Load(Width.Double, R3, FramePointer, -8);
            a.Alu(AluOp.ShiftLeft, R3, 8);
            a.Alu(AluOp.Or, R0, R3);
        }));

    [Fact]
    public void The_context_gives_pointers_and_numbers()
    {
        var context = new XdpContext(7, 3);
        Assert.Equal(8, Run(a => a.Alu(AluOp.Subtract, R3, R2), then: a => a.Move(R0, R3)));
        Assert.Equal(0, Run(a => a.Load(Width.Word, R0, R6, 8), then: a => a.Alu(AluOp.Subtract, R0, R2)));
        Assert.Equal(7, Run(a => a.Load(Width.Word, R0, R6, 12), context: context));
        Assert.Equal(3, Run(a => a.Load(Width.Word, R0, R6, 16), context: context));
        Assert.Equal(0, Run(a => a.Load(Width.Word, R0, R6, 20), context: context));
    }

    [Fact]
    public void The_program_may_write_to_the_packet_and_the_hosts_copy_stays()
    {
        var machine = new VirtualMachine(Program(a => a.StoreImmediate(Width.Byte, R2, 0, 1), a => a.Move(R0, 0)));
        machine.Run("main", Frame, default);
        Assert.Equal(1, machine.Frame[0]);
        Assert.Equal(0x80, Frame[0]);
    }

    [Fact]
    public void A_read_beyond_the_linear_part_faults_though_the_frame_is_longer()
    {
        var context = new XdpContext(1, 0) { LinearLength = 4 };
        Assert.Equal(0x8382_8180, Run(a => a.Load(Width.Word, R0, R2, 0), context: context));
        Assert.Throws<VmFaultException>(() => Run(a => a.Load(Width.Byte, R0, R2, 4), context: context));
    }

    [Theory]
    [InlineData(8, "packet[0] byte 8 of 8")]
    [InlineData(-1, "1 bytes before packet")]
    [InlineData(short.MaxValue, "packet")]
    public void A_read_outside_the_packet_faults_and_says_where(short offset, string place)
    {
        var fault = Assert.Throws<VmFaultException>(() => Run(a => a.Load(Width.Byte, R0, R2, offset)));
        Assert.Contains(place, fault.Message, StringComparison.Ordinal);
        Assert.Equal(("main", 3), (fault.Function, fault.Index));
        Assert.NotEqual(0UL, fault.Address);
    }

    [Fact]
    public void What_is_not_memory_faults()
    {
        Assert.Contains("null", Fault(a => a.Move(R1, 0), R1), StringComparison.Ordinal);
        Assert.Contains("no memory", Fault(a => a.LoadConstant(R1, 0x1234_5678_9abc_def0), R1), StringComparison.Ordinal);
        Assert.Contains("context", Fault(a => a.Move(R1, R6), R1), StringComparison.Ordinal);
        Assert.Contains("stack", Fault(a => a.Move(R1, FramePointer), R1), StringComparison.Ordinal);
        Assert.Contains("stack", Fault(a =>
        {
            a.Move(R1, FramePointer);
            a.Alu(AluOp.Subtract, R1, 513);
        }, R1), StringComparison.Ordinal);
    }

    [Fact]
    public void The_context_is_not_written() =>
        Assert.Throws<VmFaultException>(() => Run(a => a.StoreImmediate(Width.Word, R6, 12, 1)));

    [Fact]
    public void An_unknown_opcode_faults() =>
        Assert.Throws<VmFaultException>(() => Run(a => a.Emit(new Instruction(0xff, R0, R0, 0, 0))));

    [Fact]
    public void A_run_that_does_not_end_faults()
    {
        var program = Samples.Program(a =>
        {
            var top = a.NewLabel("top");
            a.Mark(top);
            a.Alu(AluOp.Add, R0, 1);
            a.Jump(top);
        });
        var machine = new VirtualMachine(program, new VmOptions { InstructionBudget = 1000 });
        Assert.Contains("1000", Assert.Throws<VmFaultException>(() => machine.Run("main", [], default)).Message, StringComparison.Ordinal);
    }

    private static string Fault(Action<Assembler> write, Register address) =>
        Assert.Throws<VmFaultException>(() => Run(write, then: a => a.Load(Width.Byte, R0, address, 0))).Message;

    /// <summary>R6 is the context, R2 the packet, R3 its end.</summary>
    private static BpfObject Program(Action<Assembler> write, Action<Assembler>? then) => Samples.Program(a =>
    {
        a.Move(R6, R1);
        a.Load(Width.Word, R2, R6, 0);
        a.Load(Width.Word, R3, R6, 4);
        write(a);
        then?.Invoke(a);
        a.Exit();
    });

    private static long Run(Action<Assembler> write, Action<Assembler>? then = null, XdpContext context = default) =>
        new VirtualMachine(Program(write, then)).Run("main", Frame, context).ReturnValue;
}
