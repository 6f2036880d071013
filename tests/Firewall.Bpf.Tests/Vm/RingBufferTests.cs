using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class RingBufferTests
{
    private static readonly MapSpec Ring = new("ring", MapType.RingBuffer, 0, 0, 64);

    [Fact]
    public void What_is_submitted_is_taken_in_order_and_what_is_discarded_is_not()
    {
        var machine = Machine(a =>
        {
            Record(a, HelperFunction.RingbufSubmit, 1);
            Record(a, HelperFunction.RingbufDiscard, 2);
            Record(a, HelperFunction.RingbufSubmit, 3);
        });
        Assert.Equal(0, machine.Run("main", [], default).ReturnValue);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0], Take(machine));
        Assert.Equal([3, 0, 0, 0, 0, 0, 0, 0], Take(machine));
        Assert.Null(Take(machine));
    }

    [Fact]
    public void Output_copies_and_a_full_ring_refuses_until_it_is_read()
    {
        var machine = Machine(a =>
        {
            a.StoreImmediate(Width.Double, FramePointer, -8, 5);
            a.LoadMap(R1, Ring);
            a.Move(R2, FramePointer);
            a.Alu(AluOp.Add, R2, -8);
            a.Move(R3, 5);
            a.Move(R4, 0);
            a.CallHelper(HelperFunction.RingbufOutput);
        });

        // Each takes 16 bytes of 64, of which one is never used.
        Assert.Equal([0, 0, 0, -11], Enumerable.Range(0, 4).Select(_ => machine.Run("main", [], default).ReturnValue));
        Assert.Equal([5, 0, 0, 0, 0], Take(machine));
        Assert.Equal(0, machine.Run("main", [], default).ReturnValue);
    }

    [Fact]
    public void A_record_ends_where_it_was_reserved()
    {
        var machine = Machine(a =>
        {
            Reserve(a);
            a.StoreImmediate(Width.Double, R0, 1, 1);
        });
        Assert.Contains("ring[0] byte 1 of 8", Assert.Throws<VmFaultException>(() => machine.Run("main", [], default)).Message, StringComparison.Ordinal);
    }

    private static byte[]? Take(VirtualMachine machine) => ((VmRingBuffer)machine.Maps["ring"]).TryTake(out var record) ? record : null;

    private static void Reserve(Assembler asm)
    {
        asm.LoadMap(R1, Ring);
        asm.Move(R2, 8);
        asm.Move(R3, 0);
        asm.CallHelper(HelperFunction.RingbufReserve);
    }

    private static void Record(Assembler asm, int end, int content)
    {
        Reserve(asm);
        asm.StoreImmediate(Width.Double, R0, 0, content);
        asm.Move(R1, R0);
        asm.Move(R2, 0);
        asm.CallHelper(end);
        asm.Move(R0, 0);
    }

    private static VirtualMachine Machine(Action<Assembler> write) => new(new BpfObject("rings", [Ring], [Samples.Function("main", FunctionKind.Program, a =>
    {
        write(a);
        a.Exit();
    })]));
}
