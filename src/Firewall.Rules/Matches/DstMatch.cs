using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the first destination options header (net/ipv6/netfilter/ip6t_hbh.c).</summary>
/// <param name="Length">Its length in bytes; null to ask nothing.</param>
/// <param name="HeaderOptions">The options it begins with, in order.</param>
public sealed record DstMatch(Given<uint>? Length, EquatableArray<HeaderOption> HeaderOptions) : Match
{
    private static readonly OptionsHeader Header = new("--dst", HeaderBase.DestinationOptions);

    public static readonly MatchModule Module = new("dst")
    {
        Summary = "Matches the destination options header of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        Options = Header.All,
        Create = given => new DstMatch(Header.Length(given), Header.List(given)),
        Examples =
        [
            Accepts("-m dst").In(Family.IPv6),
            Accepts("-m dst --dst-len 5 --dst-opts 1,2:3").In(Family.IPv6),
            Accepts("-m dst ! --dst-len 0x8", prints: "-m dst ! --dst-len 8").In(Family.IPv6),
            Rejects("-m dst --dst-opts 5:").In(Family.IPv6),
            Rejects("-m dst ! --dst-opts 1").In(Family.IPv6),
            Hits("-m dst --dst-len 16", Packet.Tcp6(1, 80).WithDestinationOptions(1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
            Hits("-m dst --dst-opts 1:4", Packet.Tcp6(1, 80).WithHopByHop(5, 2, 0, 0).WithDestinationOptions(1, 4, 0, 0, 0, 0)),
            Hits("-m dst --dst-opts 1:200", Packet.Ip6(60, 59, 0, 1, 200, 0, 0, 0, 0)),
            Misses("-m dst --dst-opts 1:200,0", Packet.Ip6(60, 59, 0, 1, 200, 0, 0, 0, 0)),
            Misses("-m dst --dst-len 7", Packet.Tcp6(1, 80).WithDestinationOptions(1, 4, 0, 0, 0, 0)),
            Misses("-m dst --dst-opts 1:3", Packet.Tcp6(1, 80).WithDestinationOptions(1, 4, 0, 0, 0, 0)),
            Misses("-m dst", Packet.Ip6(60, 6, 0, 0).Fragment(1, more: true)),
            Hotdrops("-m dst", Packet.Ip6(60, 59)),
            Hotdrops("-m dst --dst-len 8", Packet.Ip6(60, 59, 1, 1, 4, 0, 0, 0, 0)),
            Hotdrops("-m dst", Packet.Ip6(43, 60, 0, 4)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Header.Meaning(Length, HeaderOptions);

    public override void Print(OptionWriter writer) => Header.Print(writer, Length, HeaderOptions);
}
