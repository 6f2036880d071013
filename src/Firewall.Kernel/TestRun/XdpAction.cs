namespace Firewall.Kernel.TestRun;

/// <summary>What an XDP program returns: <c>enum xdp_action</c>.</summary>
public enum XdpAction : uint
{
    /// <summary>The program failed; the frame is dropped and a tracepoint fires.</summary>
    Aborted = 0,
    Drop = 1,
    Pass = 2,

    /// <summary>Sent back out of the interface it came in by.</summary>
    Transmit = 3,
    Redirect = 4,
}
