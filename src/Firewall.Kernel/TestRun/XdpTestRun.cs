using System.Runtime.CompilerServices;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Loading;

namespace Firewall.Kernel.TestRun;

/// <summary>What came of a test run.</summary>
/// <param name="ReturnValue">The program's R0; <see cref="Action"/> when it is an action.</param>
/// <param name="Nanoseconds">Mean time of one run, as the kernel measured it; worth something with many repetitions.</param>
/// <param name="Frame">The frame as the program left it; empty unless asked for.</param>
public sealed record XdpTestResult(uint ReturnValue, uint Nanoseconds, ReadOnlyMemory<byte> Frame)
{
    public XdpAction Action => (XdpAction)ReturnValue;
}

/// <summary>
/// Runs an XDP program in the kernel over a frame that never was on a wire: BPF_PROG_TEST_RUN
/// (bpf_prog_test_run_xdp in net/bpf/test_run.c, Documentation/bpf/bpf_prog_run.rst).
/// </summary>
public static unsafe class XdpTestRun
{
    /// <summary>The kernel refuses shorter frames (EINVAL): an XDP program may count on an Ethernet header.</summary>
    public const int ShortestFrame = 14;

    /// <summary>
    /// Longer frames are split over pages, of which the program sees the first only, as on a real interface: a page of 4096 bytes less
    /// headroom (256) and the end that <c>struct skb_shared_info</c> takes (320).
    /// </summary>
    public const int LongestWholeFrame = 4096 - 256 - 320;

    /// <summary>lo exists in every network namespace and is always the first.</summary>
    public const int Loopback = 1;

    /// <summary>Room for what a program may put in front (bpf_xdp_adjust_head) or behind.</summary>
    private const int Growth = 512;

    /// <summary>Runs the program over the frame as if it had come in by <paramref name="ingressInterface"/>.</summary>
    /// <param name="program">An XDP program.</param>
    /// <param name="frame">From <see cref="ShortestFrame"/> bytes on, Ethernet header first.</param>
    /// <param name="repeat">How often; effects on maps happen each time.</param>
    /// <param name="ingressInterface">What the program reads as <c>ingress_ifindex</c>; must exist in the thread's network namespace.</param>
    /// <param name="wantFrame">Whether to bring the frame back.</param>
    public static XdpTestResult Run(
        LoadedProgram program,
        ReadOnlySpan<byte> frame,
        int repeat = 1,
        int ingressInterface = Loopback,
        bool wantFrame = false)
    {
        if (frame.Length < ShortestFrame)
        {
            throw new ArgumentException($"the kernel runs XDP over frames of at least {ShortestFrame} bytes, not {frame.Length}", nameof(frame));
        }

        // data and data_meta are offsets and must say "no metadata"; data_end must be the length of the frame.
        var context = new XdpContext { DataEnd = (uint)frame.Length, IngressInterface = (uint)ingressInterface };
        var output = wantFrame ? new byte[frame.Length + Growth] : [];
        fixed (byte* dataIn = frame, dataOut = output)
        {
            using var loan = program.Descriptor.Lend();
            var attributes = new TestRunAttributes
            {
                Program = loan.Number,
                DataIn = (ulong)dataIn,
                DataSizeIn = (uint)frame.Length,
                DataOut = (ulong)dataOut,
                DataSizeOut = (uint)output.Length,
                Repeat = (uint)repeat,
                ContextIn = (ulong)&context,
                ContextSizeIn = (uint)Unsafe.SizeOf<XdpContext>(),
            };
            var error = BpfCall.Try(BpfCommand.ProgramTestRun, ref attributes);
            return error == Errno.None
                ? new XdpTestResult(
                    attributes.ReturnValue,
                    attributes.Duration,
                    wantFrame ? output.AsMemory(0, (int)attributes.DataSizeOut) : default)
                : throw Refuse(program, error, ingressInterface);
        }
    }

    private static KernelException Refuse(LoadedProgram program, Errno error, int ingressInterface) => error switch
    {
        Errno.ENODEV => new MissingException($"run {program}", error, $"this network namespace has no interface {ingressInterface}"),
        _ => Refusal.Of(BpfCommand.ProgramTestRun, error, $"run {program}"),
    };
}
