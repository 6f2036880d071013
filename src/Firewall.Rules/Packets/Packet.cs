using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Packets;

/// <summary>An Ethernet frame for examples and tests.</summary>
public sealed record Packet(ImmutableArray<byte> Frame, Family Family)
{
    /// <summary>An IPv4 TCP segment without payload, 10.0.0.2 to 192.0.2.1, flags SYN, TTL 64; 40 bytes.</summary>
    public static Packet Tcp(ushort sourcePort, ushort destinationPort) => throw new NotSupportedException($"{sourcePort}{destinationPort}");
}
