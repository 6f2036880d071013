using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches packets whose source address ends in the interface identifier made from their source MAC address
/// (net/ipv6/netfilter/ip6t_eui64.c).
/// </summary>
public sealed record Eui64Match : Match
{
    public static readonly MatchModule Module = new("eui64")
    {
        Summary = "Matches packets whose source address is made from their source MAC address.",
        OnlyFamily = Family.IPv6,
        Chains = ["PREROUTING", "INPUT", "FORWARD"],
        Options = [],
        Create = _ => new Eui64Match(),
        Examples =
        [
            Accepts("-m eui64").In(Family.IPv6),
            Accepts("-m eui64 -m eui64").In(Family.IPv6),
            Accepts("-s fe80::/10 -m eui64").In(Family.IPv6),
            Rejects("! -m eui64").In(Family.IPv6),
            Rejects("-m eui64 --eui64").In(Family.IPv6),
            Hits("-m eui64", Packet.Udp6(1, 53).From("fe80::ff:fe00:2")),
            Hits("-m eui64", Packet.Udp6(1, 53).WithSourceMac(0, 0x11, 0x22, 0x33, 0x44, 0x55).From("2001:db8::211:22ff:fe33:4455")),
            Misses("-m eui64", Packet.Udp6(1, 53)),
            Misses("-m eui64", Packet.Udp6(1, 53).From("fe80::ff:fe00:3")),
        ],
    };

    /// <summary>The MAC with <c>ff:fe</c> put in the middle and the universal bit turned over.</summary>
    private static readonly StepProgram SourceIsMadeFromMac = new("eui64", Locals: 2,
    [
        new Read(0, new OffsetOf(HeaderBase.Link) + 6, 8, SearchResult.Hotdrop),
        new Let(0, new Local(0) >> 16),
        new Let(0, ((new Local(0) >> 24 << 40) | new Constant(0xfffe00_0000) | (new Local(0) & 0xff_ffff)) ^ new Constant(0x0200_0000_0000_0000)),
        new Read(1, new OffsetOf(HeaderBase.Network) + 16, 8, SearchResult.Hotdrop),
        If(new Local(0).Is(new Local(1)), Found),
    ]);

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(SourceIsMadeFromMac, Negated: false));

    public override void Print(OptionWriter writer)
    {
        // The module has no options.
    }
}
