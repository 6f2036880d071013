using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the hop-by-hop options header (net/ipv6/netfilter/ip6t_hbh.c).</summary>
/// <param name="Length">Its length in bytes; null to ask nothing.</param>
/// <param name="HeaderOptions">The options it begins with, in order.</param>
public sealed record HbhMatch(Given<uint>? Length, EquatableArray<HeaderOption> HeaderOptions) : Match
{
    private static readonly OptionsHeader Header = new("--hbh", HeaderBase.HopByHop);

    public static readonly MatchModule Module = new("hbh")
    {
        Summary = "Matches the hop-by-hop options header of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        Options = Header.All,
        Create = given => new HbhMatch(Header.Length(given), Header.List(given)),
        Examples =
        [
            Accepts("-m hbh").In(Family.IPv6),
            Accepts("-m hbh --hbh-opts 0x5:2,1:255,6:0x3 ! --hbh-len 8", prints: "-m hbh ! --hbh-len 8 --hbh-opts 5:2,1,6:3").In(Family.IPv6),
            Accepts("-m hbh --hbh-opts 256,5:256", prints: "-m hbh --hbh-opts 0,5:0").In(Family.IPv6),
            Rejects("-m hbh --hbh-opts 0:3").In(Family.IPv6),
            Rejects("-m hbh --hbh-opts 1,").In(Family.IPv6),
            Rejects("-m hbh ! --hbh-opts 5").In(Family.IPv6),
            Rejects("-m hbh --hbh-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17").In(Family.IPv6),
            Hits("-m hbh", Packet.Tcp6(1, 80).WithHopByHop(1, 4, 0, 0, 0, 0)),
            Hits("-m hbh --hbh-len 8 --hbh-opts 5:2,0", Packet.Tcp6(1, 80).WithHopByHop(5, 2, 0, 0)),
            Misses("-m hbh --hbh-opts 5:2", Packet.Tcp6(1, 80).WithHopByHop(1, 4, 0, 0, 0, 0)),
            Misses("-m hbh ! --hbh-len 8", Packet.Tcp6(1, 80).WithHopByHop(5, 2, 0, 0)),
            Misses("-m hbh", Packet.Tcp6(1, 80)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Header.Meaning(Length, HeaderOptions);

    public override void Print(OptionWriter writer) => Header.Print(writer, Length, HeaderOptions);
}
