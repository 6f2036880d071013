using Firewall.Bpf.Isa;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class HelperTests
{
    [Fact]
    public void The_clock_is_the_injected_one()
    {
        var options = new VmOptions { Clock = new StoppedClock(TimeSpan.FromSeconds(3)), JiffiesPerSecond = 1000 };
        Assert.Equal(3_000_000_000, Call(HelperFunction.KtimeGetNanoseconds, options));
        Assert.Equal(3000, Call(HelperFunction.Jiffies64, options));
    }

    [Fact]
    public void Chance_is_the_injected_one_and_has_32_bits()
    {
        var expected = new Random(5).NextInt64(1L << 32);
        Assert.Equal(expected, Call(HelperFunction.GetPrandomU32, new VmOptions { Random = new Random(5) }));
    }

    [Fact]
    public void The_processor_is_the_one_of_the_options() =>
        Assert.Equal(3, Call(HelperFunction.GetSmpProcessorId, new VmOptions { Cpu = 3 }));

    [Fact]
    public void The_buffer_length_counts_fragments() => Assert.Equal(
        100,
        Machine(HelperFunction.XdpGetBufferLength, null).Run("main", new byte[100], new XdpContext { LinearLength = 10 }).ReturnValue);

    [Theory]
    [InlineData(60, 4, 0x3f3e_3d3c)]
    [InlineData(61, 4, -22)]
    [InlineData(0x10000, 4, -14)]
    [InlineData(0, 0x10000, -14)]
    public void Bytes_are_loaded_from_the_whole_frame_or_not_at_all(int offset, int length, long result)
    {
        var program = Samples.Program(a =>
        {
            var failed = a.NewLabel("failed");
            a.Move(R2, offset);
            a.Move(R3, FramePointer);
            a.Alu(AluOp.Add, R3, -8);
            a.Move(R4, length);
            a.CallHelper(HelperFunction.XdpLoadBytes);
            a.JumpIf(Condition.NotEqual, R0, 0, failed);
            a.Load(Width.Word, R0, FramePointer, -8);
            a.Mark(failed);
            a.Exit();
        });
        byte[] frame = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        Assert.Equal(result, new VirtualMachine(program).Run("main", frame, new XdpContext { LinearLength = 8 }).ReturnValue);
    }

    [Fact]
    public void A_helper_that_is_not_simulated_faults_by_name() => Assert.Contains(
        "bpf_fib_lookup#69",
        Assert.Throws<VmFaultException>(() => Call(HelperFunction.FibLookup, null)).Message,
        StringComparison.Ordinal);

    private static long Call(int helper, VmOptions? options) => Machine(helper, options).Run("main", [], default).ReturnValue;

    private static VirtualMachine Machine(int helper, VmOptions? options) => new(
        Samples.Program(a =>
        {
            a.CallHelper(helper);
            a.Exit();
        }),
        options);

    private sealed class StoppedClock(TimeSpan sinceBoot) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => sinceBoot.Ticks;
    }
}
