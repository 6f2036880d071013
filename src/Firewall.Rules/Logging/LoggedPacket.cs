namespace Firewall.Rules.Logging;

/// <summary>A packet that a rule logs, as it came in; or, of a program at a netfilter hook, as the chain sees it.</summary>
/// <param name="Frame">From the Ethernet header on; may be cut short, see <see cref="LogLine"/>.</param>
/// <param name="InInterface">The device it came in by; empty in OUTPUT, where packets have no link header yet.</param>
/// <param name="OutInterface">FORWARD and OUTPUT: the device it leaves by. Empty in INPUT.</param>
public sealed record LoggedPacket(ReadOnlyMemory<byte> Frame, string InInterface, string OutInterface = "")
{
    /// <summary>Whether the device is an Ethernet (ARPHRD_ETHER); as it came in, anything but the loopback.</summary>
    public bool IsEthernet { get; init; } = InInterface != "lo";

    /// <summary>Whether the device's packets have a link header.</summary>
    public bool HasLinkHeader { get; init; } = true;

    /// <summary>Whether the frame's TTL is what the chain sees: in FORWARD one less than that of the packet which came in.</summary>
    public bool HopIsCounted { get; init; } = OutInterface.Length == 0;

    /// <summary>The packet's mark; 0 for none.</summary>
    public uint Mark { get; init; }

    /// <summary>Whose socket it is of, where that is known.</summary>
    public SocketOwner? Owner { get; init; }
}

/// <summary>Who opened a socket: the process's user and group for files, as the initial user namespace numbers them.</summary>
public sealed record SocketOwner(uint User, uint Group);
