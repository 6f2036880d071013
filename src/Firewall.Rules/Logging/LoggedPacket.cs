namespace Firewall.Rules.Logging;

/// <summary>A packet that a rule logs, as it came in.</summary>
/// <param name="Frame">From the Ethernet header on; may be cut short, see <see cref="LogLine"/>.</param>
/// <param name="InInterface">The device it came in by.</param>
/// <param name="OutInterface">FORWARD: the device it leaves by. Empty in INPUT.</param>
public sealed record LoggedPacket(ReadOnlyMemory<byte> Frame, string InInterface, string OutInterface = "")
{
    /// <summary>Whether the device is an Ethernet (ARPHRD_ETHER), not the loopback.</summary>
    public bool IsEthernet => InInterface != "lo";

    /// <summary>Whether the packet is logged in FORWARD, where its TTL is already one less.</summary>
    public bool IsForwarded => OutInterface.Length > 0;

    /// <summary>The packet's mark; 0 for none.</summary>
    public uint Mark { get; init; }
}
