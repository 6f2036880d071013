using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>Where in the kernel's path a packet is looked at.</summary>
public enum Hook
{
    Input,
    Forward,

    /// <summary>Before routing: the packet goes on to INPUT or to FORWARD.</summary>
    Prerouting,
    Output,
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

    /// <summary>
    /// What is known beside the bytes: the values that a field of the surroundings may have. A field that is missing here is not known at all, but for the mark: it is 0 then.
    /// </summary>
    public ImmutableDictionary<FieldKind, ValueSet> Surroundings { get; init; } = ImmutableDictionary<FieldKind, ValueSet>.Empty;

    /// <summary>Whether anything in the network namespace uses connection tracking: a packet it must see is not dropped before it has.</summary>
    public bool TracksConnections { get; init; }

    /// <summary>Whether this is a netfilter hook: packets come reassembled where the kernel does that, with the TTL as the chain sees it.</summary>
    public bool IsNetfilter { get; init; }

    /// <summary>Profile offload: only drops that are certain are decided; memory is kept by iptables, which sees all other packets.</summary>
    public bool OnlyCertainDrops { get; init; }

    public RejectMode Reject { get; init; }

    /// <summary>A reader is taken to be there.</summary>
    public LogMode Log { get; init; }

    /// <summary>Whether the kernel puts fragments of the family together before the hook.</summary>
    public bool Reassembles(Family family, Hook hook) => family == Family.IPv4 ? DefragIPv4 || hook == Hook.Input : DefragIPv6;

    /// <summary>What is known of a field of the surroundings; null for nothing.</summary>
    public ValueSet? Possible(FieldKind kind) => Surroundings.TryGetValue(kind, out var values) ? values
        : kind == FieldKind.Mark ? ValueSet.Of(0)
        : null;
}
