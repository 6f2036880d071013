using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>Where in the kernel's path a packet is looked at.</summary>
public enum Hook
{
    Input,
    Forward,
}

/// <summary>What is known of a packet beside its bytes.</summary>
public sealed record PacketContext
{
    public Hook Hook { get; init; }

    /// <summary>The device it came in by; null when unknown.</summary>
    public string? InInterface { get; init; }

    /// <summary>The device it leaves by; null when unknown. In INPUT it is the empty name, whatever stands here.</summary>
    public string? OutInterface { get; init; }

    /// <summary>The families for which there are rules.</summary>
    public ImmutableArray<Family> Families { get; init; } = [Family.IPv4, Family.IPv6];

    /// <summary>Whether the kernel reassembles IPv4 datagrams before FORWARD; before INPUT it always does.</summary>
    public bool DefragIPv4 { get; init; }

    /// <summary>Whether the kernel reassembles IPv6 datagrams before the chain.</summary>
    public bool DefragIPv6 { get; init; }

    /// <summary>The only unicast MAC address that is ours, as a number of 48 bits; null when every one is.</summary>
    public ulong? HostMac { get; init; }

    /// <summary>Whether the kernel puts fragments of the family together before the chain sees them.</summary>
    public bool Reassembles(Family family) => family == Family.IPv4 ? DefragIPv4 || Hook == Hook.Input : DefragIPv6;
}
