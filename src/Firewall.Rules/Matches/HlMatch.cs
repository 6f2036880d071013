using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the hop limit as the chain sees it (net/netfilter/xt_hl.c, <c>hl_mt6</c>); FORWARD sees one less than the wire.</summary>
/// <param name="Comparison">How the packet's value relates to <paramref name="Value"/>.</param>
/// <param name="Value">From 0 to 255.</param>
public sealed record HlMatch(HopComparison Comparison, byte Value) : Match
{
    private static readonly HopOptions Hops = new("--hl");

    public static readonly MatchModule Module = new("hl")
    {
        Summary = "Matches the hop limit of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        Options = Hops.All,
        Create = given => Hops.Read(given) is { } read ? new HlMatch(read.Comparison, read.Value) : null,
        Examples =
        [
            Accepts("-m hl --hl-eq 255").In(Family.IPv6),
            Accepts("-m hl ! --hl 5", prints: "-m hl ! --hl-eq 5").In(Family.IPv6),
            Accepts("-m hl --hl-lt 0").In(Family.IPv6),
            Rejects("-m hl").In(Family.IPv6),
            Rejects("-m hl ! --hl-gt 5").In(Family.IPv6),
            Rejects("-m hl --hl-eq 0x10 --hl-lt 7").In(Family.IPv6),
            Hits("-m hl --hl-eq 255", Packet.Icmp6(134).WithTtl(255)),
            Hits("-m hl --hl-gt 62", Packet.Tcp6(1, 80)).OnForward(),
            Misses("-m hl --hl-eq 64", Packet.Tcp6(1, 80)).OnForward(),
            Misses("-m hl --hl-lt 5", Packet.Tcp6(1, 80).WithTtl(5)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => HopOptions.Meaning(Comparison, Value);

    public override void Print(OptionWriter writer) => Hops.Print(writer, Comparison, Value);
}
