using System.Collections.Frozen;
using Firewall.Rules.Options;

namespace Firewall.Rules.Names;

/// <summary>
/// Protocol names as <c>-p</c> knows them: <c>/etc/protocols</c> of Debian's netbase package and the few names that libxtables
/// (<c>xtables_chain_protos</c>) adds. Names are embedded so that a compile does not depend on the machine.
/// </summary>
public static class Protocols
{
    public const byte HopByHop = 0;
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Dccp = 33;
    public const byte Ipv6Routing = 43;
    public const byte Ipv6Fragment = 44;
    public const byte Esp = 50;
    public const byte Ah = 51;
    public const byte IcmpV6 = 58;
    public const byte Ipv6DestinationOptions = 60;
    public const byte IPComp = 108;
    public const byte Sctp = 132;
    public const byte MobilityHeader = 135;
    public const byte UdpLite = 136;

    /// <summary>The official names; the first of a number is the one that iptables-save prints.</summary>
    private static readonly (string Name, byte Number)[] Official =
    [
        ("ip", 0), ("hopopt", 0), ("icmp", 1), ("igmp", 2), ("ggp", 3), ("ipencap", 4), ("st", 5), ("tcp", 6), ("egp", 8),
        ("igp", 9), ("pup", 12), ("udp", 17), ("hmp", 20), ("xns-idp", 22), ("rdp", 27), ("iso-tp4", 29), ("dccp", 33),
        ("xtp", 36), ("ddp", 37), ("idpr-cmtp", 38), ("ipv6", 41), ("ipv6-route", 43), ("ipv6-frag", 44), ("idrp", 45),
        ("rsvp", 46), ("gre", 47), ("esp", 50), ("ah", 51), ("skip", 57), ("ipv6-icmp", 58), ("ipv6-nonxt", 59), ("ipv6-opts", 60),
        ("rspf", 73), ("vmtp", 81), ("eigrp", 88), ("ospf", 89), ("ax.25", 93), ("ipip", 94), ("etherip", 97), ("encap", 98),
        ("pim", 103), ("ipcomp", 108), ("vrrp", 112), ("l2tp", 115), ("isis", 124), ("sctp", 132), ("fc", 133),
        ("mobility-header", 135), ("udplite", 136), ("mpls-in-ip", 137), ("manet", 138), ("hip", 139), ("shim6", 140),
        ("wesp", 141), ("rohc", 142), ("ethernet", 143),
    ];

    /// <summary>Names of libxtables that /etc/protocols lacks; only read.</summary>
    private static readonly (string Name, byte Number)[] Additional = [("all", 0), ("icmpv6", 58), ("mh", 135), ("ipv6-mh", 135)];

    private static readonly FrozenDictionary<string, byte> ByName =
        Official.Concat(Additional).ToFrozenDictionary(p => p.Name, p => p.Number);

    private static readonly FrozenDictionary<string, byte>.AlternateLookup<ReadOnlySpan<char>> NumberOf =
        ByName.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] Texts = [.. Enumerable.Range(0, 256).Select(TextFor)];

    /// <summary>Names that <c>-p</c> accepts, for tests and help.</summary>
    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>Reads a name (any case) or a number from 0 to 255, as <c>xtables_parse_protocol</c> does.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out byte protocol)
    {
        if (Numbers.TryParse(text, byte.MaxValue, out var number))
        {
            protocol = (byte)number;
            return true;
        }

        protocol = 0;
        if (text.IsEmpty || text.Length > 32) { return false; }
        Span<char> lower = stackalloc char[text.Length];
        text.ToLowerInvariant(lower);
        return NumberOf.TryGetValue(lower, out protocol);
    }

    /// <summary>The name iptables-save prints, or the number where there is none.</summary>
    public static string Text(byte protocol) => Texts[protocol];

    private static string TextFor(int protocol)
    {
        foreach (var (name, number) in Official)
        {
            if (number == protocol && name != "ip") { return name; }
        }

        return $"{protocol}";
    }
}
