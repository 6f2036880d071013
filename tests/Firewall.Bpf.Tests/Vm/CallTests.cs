using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class CallTests
{
    [Fact]
    public void A_callee_has_its_own_stack_and_leaves_the_callers_registers_alone()
    {
        var main = Samples.Function("main", FunctionKind.Program, a =>
        {
            a.Move(R6, 1);
            a.StoreImmediate(Width.Double, FramePointer, -8, 2);
            a.Move(R2, 4);
            a.Call("callee");
            a.Load(Width.Double, R1, FramePointer, -8);
            a.Alu(AluOp.Add, R0, R1);
            a.Alu(AluOp.Add, R0, R6);
            a.Exit();
        });
        var callee = Samples.Function("callee", FunctionKind.Global, a =>
        {
            a.Move(R6, 100);
            a.StoreImmediate(Width.Double, FramePointer, -8, 200);
            a.Move(R0, R2);
            a.Exit();
        }, scalars: 1);
        Assert.Equal(7, Run(main, callee));
    }

    [Fact]
    public void Eight_frames_fit_and_a_ninth_faults()
    {
        var main = Samples.Function("main", FunctionKind.Program, a =>
        {
            a.Move(R2, 7);
            a.Call("nest");
            a.Exit();
        });
        Assert.Equal(1, Run(main, Nest(6)));
        Assert.Contains("8 deep", Assert.Throws<VmFaultException>(() => Run(main, Nest(7))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, 100, 10, 45)]
    [InlineData(10, 3, 4, 6)]
    [InlineData(0, 3, 0, 0)]
    public void A_loop_calls_back_until_the_callback_stops_it(int iterations, int stopAt, int rounds, int sum)
    {
        var callback = Samples.Function("round", FunctionKind.Callback, a =>
        {
            a.Load(Width.Double, R3, R2, 0);
            a.Alu(AluOp.Add, R3, R1);
            a.Store(Width.Double, R2, 0, R3);
            var stop = a.NewLabel("stop");
            a.Move(R0, 1);
            a.JumpIf(Condition.AboveOrEqual, R1, stopAt, stop);
            a.Move(R0, 0);
            a.Mark(stop);
            a.Exit();
        });
        Assert.Equal((rounds * 1000) + sum, Run(Looping(iterations, flags: 0), callback));
    }

    [Theory]
    [InlineData((8 << 20) + 1, 0, -7)]
    [InlineData(1, 1, -22)]
    public void A_loop_that_asks_too_much_gets_the_kernels_error(int iterations, int flags, int error)
    {
        var callback = Samples.Function("round", FunctionKind.Callback, a => a.Exit());
        Assert.Equal(error * 1000, Run(Looping(iterations, flags), callback));
    }

    [Fact]
    public void A_tail_call_runs_the_other_program()
    {
        var machine = new VirtualMachine(Samples.TailCalling());
        Assert.Equal(1, machine.Run("first", [], default).ReturnValue);
        machine.Maps["programs"].Clear();
        Assert.Equal(0, machine.Run("first", [], default).ReturnValue);
    }

    [Fact]
    public void After_33_tail_calls_the_next_one_falls_through()
    {
        var self = new MapSpec("self", MapType.ProgramArray, 4, 4, 1) { InitialPrograms = ["again"] };
        var count = new MapSpec("count", MapType.Array, 4, 8, 1);
        var again = Samples.Function("again", FunctionKind.Program, a =>
        {
            a.LoadMapValue(R2, count, 0);
            a.Move(R3, 1);
            a.AtomicAdd(Width.Double, R2, 0, R3);
            a.LoadMap(R2, self);
            a.Move(R3, 0);
            a.CallHelper(HelperFunction.TailCall);
            a.LoadMapValue(R2, count, 0);
            a.Load(Width.Double, R0, R2, 0);
            a.Exit();
        });
        Assert.Equal(34, new VirtualMachine(new BpfObject("o", [self, count], [again])).Run("again", [], default).ReturnValue);
    }

    [Fact]
    public void A_frame_is_run_without_allocating()
    {
        var machine = new VirtualMachine(Samples.Full());
        var frame = new byte[64];
        machine.Run("entry", frame, default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        machine.Run("entry", frame, default);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Only_programs_are_run()
    {
        var machine = new VirtualMachine(Samples.Full());
        Assert.Throws<ArgumentException>(() => machine.Run("classify", [], default));
        Assert.Throws<ArgumentException>(() => machine.Run("absent", [], default));
    }

    [Fact]
    public void Registers_a_call_loses_are_not_what_they_were()
    {
        var program = Samples.Program(a =>
        {
            a.Move(R1, 5);
            a.CallHelper(HelperFunction.GetSmpProcessorId);
            a.Move(R0, R1);
            a.Exit();
        });
        Assert.NotEqual(5, new VirtualMachine(program).Run("main", [], default).ReturnValue);
    }

    private static long Run(params BpfFunction[] functions) =>
        new VirtualMachine(Samples.Of(functions)).Run("main", [], default).ReturnValue;

    /// <summary>Calls itself so many times more, then returns 1.</summary>
    private static BpfFunction Nest(int depth) => Samples.Function("nest", FunctionKind.Global, a =>
    {
        var bottom = a.NewLabel("bottom");
        a.Alu(AluOp.Subtract, R2, 1);
        a.JumpIf(Condition.Equal, R2, 6 - depth, bottom);
        a.Call("nest");
        a.Exit();
        a.Mark(bottom);
        a.Move(R0, 1);
        a.Exit();
    }, scalars: 1);

    /// <summary>Returns 1000 times what the loop returned plus what its callback summed up.</summary>
    private static BpfFunction Looping(int iterations, int flags) => Samples.Function("main", FunctionKind.Program, a =>
    {
        a.StoreImmediate(Width.Double, FramePointer, -8, 0);
        a.Move(R1, iterations);
        a.LoadFunction(R2, "round");
        a.Move(R3, FramePointer);
        a.Alu(AluOp.Add, R3, -8);
        a.Move(R4, flags);
        a.CallHelper(HelperFunction.Loop);
        a.Alu(AluOp.Multiply, R0, 1000);
        a.Load(Width.Double, R1, FramePointer, -8);
        a.Alu(AluOp.Add, R0, R1);
        a.Exit();
    });
}
