using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the type of mobility headers (net/ipv6/netfilter/ip6t_mh.c). A header that says something follows it is dropped: nothing may
/// (RFC 6275, 6.1.1).
/// </summary>
public sealed record MhMatch(Given<ValueRange> Types) : Match
{
    private const byte NoNextHeader = 59;

    private static readonly ValueRange AnyType = new(0, byte.MaxValue);

    private static readonly Option<ValueRange> MhType = Option.Value("--mh-type", Values.MobilityType).Negatable();

    public static readonly MatchModule Module = new("mh")
    {
        Summary = "Matches the type of IPv6 mobility headers.",
        OnlyFamily = Family.IPv6,
        Protocols = [Protocols.MobilityHeader],
        Options = [MhType],
        Create = given => new MhMatch(given.Get(MhType, AnyType)),
        Examples =
        [
            Accepts("-p mobility-header -m mh").In(Family.IPv6),
            Accepts("-p mh -m mh --mh-type Bu:BE", prints: "-p mobility-header -m mh --mh-type 5:7").In(Family.IPv6),
            Accepts("-p mh --mh-type home-test", prints: "-p mobility-header -m mh --mh-type 3").In(Family.IPv6),
            Accepts("-p mobility-header -m mh ! --mh-type home", prints: "-p mobility-header -m mh ! --mh-type 1").In(Family.IPv6),
            Accepts("-p mobility-header -m mh --mh-type 0x5:", prints: "-p mobility-header -m mh --mh-type 5:255").In(Family.IPv6),
            Accepts("-p mobility-header -m mh --mh-type :", prints: "-p mobility-header -m mh").In(Family.IPv6),
            Rejects("-m mh --mh-type 1").In(Family.IPv6),
            Rejects("-p 135 --mh-type 1").In(Family.IPv6),
            Rejects("-p mh -m mh --mh-type 256").In(Family.IPv6),
            Rejects("-p mh -m mh --mh-type 5:1").In(Family.IPv6),
            Rejects("-p mh -m mh --mh-type cookie").In(Family.IPv6),
            Hits("-p mh -m mh --mh-type bu", Packet.Ip6(135, 59, 0, 5, 0, 0, 0, 0, 0)),
            Hits("-p mh -m mh ! --mh-type 0:4", Packet.Ip6(135, 59, 0, 5, 0, 0, 0)),
            Misses("-p mh -m mh --mh-type bu", Packet.Ip6(135, 59, 0, 6, 0, 0, 0, 0, 0)),
            Misses("-p mh -m mh", Packet.Ip6(135, 59, 0, 6, 0, 0, 0, 0, 0).Fragment(1, more: false)),
            Hotdrops("-p mh -m mh --mh-type bu", Packet.Ip6(135, 17, 0, 6, 0, 0, 0, 0, 0)),
            Hotdrops("-p mh -m mh --mh-type bu", Packet.Ip6(135, 59, 0, 5, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Transport.Header(6)
        .And(new HotdropUnless(Field.Bytes(HeaderBase.Transport, 0, 1, "mobility header's next header").Is(NoNextHeader)))
        .And(Field.Bytes(HeaderBase.Transport, 2, 1, "mobility header type").In(Types));

    public override void Print(OptionWriter writer)
    {
        if (Types.Value != AnyType) { writer.Write(MhType, Values.Text(Types.Value), Types.IsNegated); }
    }
}
