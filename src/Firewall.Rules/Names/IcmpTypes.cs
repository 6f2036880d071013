using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Names;

/// <summary>An ICMP or ICMPv6 type and, unless every code will do, a code.</summary>
public readonly record struct IcmpTypeTest(byte Type, byte? Code)
{
    /// <summary>Type and code read as one number.</summary>
    public static readonly Field Field = Field.Bytes(HeaderBase.Transport, 0, 2, "ICMP type");

    /// <summary>The values of <see cref="Field"/> that fit.</summary>
    public ValueSet Values => ValueSet.Between((UInt128)(Type << 8 | (Code ?? 0)), (UInt128)(Type << 8 | (Code ?? byte.MaxValue)));

    public override string ToString() => Code is { } code ? $"{Type}/{code}" : $"{Type}";
}

/// <summary>The names of ICMP and ICMPv6 types; libipt_icmp.c and libip6t_icmp6.c list the same.</summary>
internal static class IcmpTypes
{
    public static readonly ImmutableArray<(string Name, IcmpTypeTest Test)> IPv4 =
    [
        ("any", new(255, null)),
        ("echo-reply", new(0, null)),
        ("pong", new(0, null)),
        ("destination-unreachable", new(3, null)),
        ("network-unreachable", new(3, 0)),
        ("host-unreachable", new(3, 1)),
        ("protocol-unreachable", new(3, 2)),
        ("port-unreachable", new(3, 3)),
        ("fragmentation-needed", new(3, 4)),
        ("source-route-failed", new(3, 5)),
        ("network-unknown", new(3, 6)),
        ("host-unknown", new(3, 7)),
        ("network-prohibited", new(3, 9)),
        ("host-prohibited", new(3, 10)),
        ("TOS-network-unreachable", new(3, 11)),
        ("TOS-host-unreachable", new(3, 12)),
        ("communication-prohibited", new(3, 13)),
        ("host-precedence-violation", new(3, 14)),
        ("precedence-cutoff", new(3, 15)),
        ("source-quench", new(4, null)),
        ("redirect", new(5, null)),
        ("network-redirect", new(5, 0)),
        ("host-redirect", new(5, 1)),
        ("TOS-network-redirect", new(5, 2)),
        ("TOS-host-redirect", new(5, 3)),
        ("echo-request", new(8, null)),
        ("ping", new(8, null)),
        ("router-advertisement", new(9, null)),
        ("router-solicitation", new(10, null)),
        ("time-exceeded", new(11, null)),
        ("ttl-exceeded", new(11, null)),
        ("ttl-zero-during-transit", new(11, 0)),
        ("ttl-zero-during-reassembly", new(11, 1)),
        ("parameter-problem", new(12, null)),
        ("ip-header-bad", new(12, 0)),
        ("required-option-missing", new(12, 1)),
        ("timestamp-request", new(13, null)),
        ("timestamp-reply", new(14, null)),
        ("address-mask-request", new(17, null)),
        ("address-mask-reply", new(18, null)),
    ];

    public static readonly ImmutableArray<(string Name, IcmpTypeTest Test)> IPv6 =
    [
        ("destination-unreachable", new(1, null)),
        ("no-route", new(1, 0)),
        ("communication-prohibited", new(1, 1)),
        ("beyond-scope", new(1, 2)),
        ("address-unreachable", new(1, 3)),
        ("port-unreachable", new(1, 4)),
        ("failed-policy", new(1, 5)),
        ("reject-route", new(1, 6)),
        ("packet-too-big", new(2, null)),
        ("time-exceeded", new(3, null)),
        ("ttl-exceeded", new(3, null)),
        ("ttl-zero-during-transit", new(3, 0)),
        ("ttl-zero-during-reassembly", new(3, 1)),
        ("parameter-problem", new(4, null)),
        ("bad-header", new(4, 0)),
        ("unknown-header-type", new(4, 1)),
        ("unknown-option", new(4, 2)),
        ("echo-request", new(128, null)),
        ("ping", new(128, null)),
        ("echo-reply", new(129, null)),
        ("pong", new(129, null)),
        ("router-solicitation", new(133, null)),
        ("router-advertisement", new(134, null)),
        ("neighbour-solicitation", new(135, null)),
        ("neighbor-solicitation", new(135, null)),
        ("neighbour-advertisement", new(136, null)),
        ("neighbor-advertisement", new(136, null)),
        ("redirect", new(137, null)),
    ];
}
