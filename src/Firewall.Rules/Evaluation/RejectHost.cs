using System.Collections.Immutable;

namespace Firewall.Rules.Evaluation;

/// <summary>What of this host shows in its answers to rejected packets.</summary>
public sealed record RejectHost
{
    /// <summary>TTL of IPv4 answers, in hops (<c>net.ipv4.ip_default_ttl</c>).</summary>
    public byte TimeToLive { get; init; } = 64;

    /// <summary>Hop limit of IPv6 answers, in hops (<c>net.ipv6.conf.INTERFACE.hop_limit</c>).</summary>
    public byte HopLimit { get; init; } = 64;

    /// <summary>
    /// The address that ICMP errors about forwarded packets come from, in network order; empty when unknown. Everything else is answered from
    /// the address it was sent to.
    /// </summary>
    public ImmutableArray<byte> ForwardSource { get; init; } = [];

    /// <summary>Identification of ICMP errors; the kernel takes a hard-to-guess one (<c>__ip_select_ident</c>, net/ipv4/route.c).</summary>
    public ushort Identification { get; init; }
}
