using System.Runtime.InteropServices;

namespace Firewall.Bpf.Vm;

/// <summary>What the driver tells about a frame besides its bytes.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct XdpContext(uint IngressIfindex, uint RxQueue)
{
    /// <summary>
    /// Bytes between <c>data</c> and <c>data_end</c>, null for all. The rest of the frame is in fragments, out of reach of
    /// loads but not of <c>xdp_load_bytes</c>.
    /// </summary>
    public int? LinearLength { get; init; }
}

/// <summary>The outcome of one frame.</summary>
/// <param name="ReturnValue">R0 at the last exit, all 64 bits; the kernel looks at the low 32.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct VmRun(long ReturnValue, int InstructionsExecuted);
