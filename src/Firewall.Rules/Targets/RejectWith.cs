using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Targets;

/// <summary>What <c>-j REJECT</c> answers a packet with (<c>--reject-with</c>): an ICMP error of type "destination unreachable", or a TCP reset.</summary>
/// <param name="Family">Each family has its own answers.</param>
/// <param name="Name">As iptables prints it.</param>
/// <param name="Alias">Its short name, which iptables takes too.</param>
/// <param name="Code">The code of the ICMP error; null for a TCP reset.</param>
public sealed record RejectWith(Family Family, string Name, string Alias, byte? Code)
{
    /// <summary>The answers of iptables in the order in which it looks a word up (libipt_REJECT.c).</summary>
    public static readonly ImmutableArray<RejectWith> IPv4 =
    [
        new(Family.IPv4, "icmp-net-unreachable", "net-unreach", 0),
        new(Family.IPv4, "icmp-host-unreachable", "host-unreach", 1),
        new(Family.IPv4, "icmp-proto-unreachable", "proto-unreach", 2),
        new(Family.IPv4, "icmp-port-unreachable", "port-unreach", 3),
        new(Family.IPv4, "icmp-net-prohibited", "net-prohib", 9),
        new(Family.IPv4, "icmp-host-prohibited", "host-prohib", 10),
        new(Family.IPv4, "tcp-reset", "tcp-rst", null),
        new(Family.IPv4, "icmp-admin-prohibited", "admin-prohib", 13),
    ];

    /// <summary>The answers of ip6tables in the order in which it looks a word up (libip6t_REJECT.c).</summary>
    public static readonly ImmutableArray<RejectWith> IPv6 =
    [
        new(Family.IPv6, "icmp6-no-route", "no-route", 0),
        new(Family.IPv6, "icmp6-adm-prohibited", "adm-prohibited", 1),
        new(Family.IPv6, "icmp6-addr-unreachable", "addr-unreach", 3),
        new(Family.IPv6, "icmp6-port-unreachable", "port-unreach", 4),
        new(Family.IPv6, "tcp-reset", "tcp-reset", null),
        new(Family.IPv6, "icmp6-policy-fail", "policy-fail", 5),
        new(Family.IPv6, "icmp6-reject-route", "reject-route", 6),
    ];

    /// <summary>Whether a TCP segment is answered with a reset; such rules need <c>-p tcp</c>.</summary>
    public bool IsReset => Code is null;

    /// <summary>The type of the ICMP error: destination unreachable (RFC 792; RFC 4443, section 3.1).</summary>
    public byte Type => Family == Family.IPv4 ? (byte)3 : (byte)1;

    public static ImmutableArray<RejectWith> Of(Family family) => family == Family.IPv4 ? IPv4 : IPv6;

    /// <summary>What REJECT without <c>--reject-with</c> answers: port unreachable.</summary>
    public static RejectWith Default(Family family) => Of(family).First(a => a.Alias == "port-unreach");

    /// <summary>The answer a word stands for: the first whose name or alias begins with it, in any case; null when there is none.</summary>
    public static RejectWith? Find(Family family, string word) => Of(family).FirstOrDefault(a =>
        a.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase) || a.Alias.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    public override string ToString() => Name;
}
