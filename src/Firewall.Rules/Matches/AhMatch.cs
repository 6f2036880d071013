using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the security parameters index of AH packets over IPv4 (net/ipv4/netfilter/ipt_ah.c).</summary>
public sealed record AhMatch(Given<ValueRange> Indices) : Match
{
    private static readonly ValueRange AnyIndex = new(0, uint.MaxValue);

    private static readonly Option<ValueRange> Spi = Option.Value("--ahspi", Values.Range(uint.MaxValue)).Negatable();

    public static readonly MatchModule Module = new("ah")
    {
        Summary = "Matches the security parameters index (SPI) of IPv4 packets with an authentication header.",
        OnlyFamily = Family.IPv4,
        Protocols = [Transport.Authentication],
        ImpliedBy = [Transport.Authentication],
        Options = [Spi],
        Create = given => new AhMatch(given.Get(Spi, AnyIndex)),
        Examples =
        [
            Accepts("-p ah -m ah"),
            Accepts("-p ah -m ah --ahspi 500:", prints: "-p ah -m ah --ahspi 500:4294967295"),
            Accepts("-p ah -m ah ! --ahspi 20:10"),
            Accepts("-p ah -m ah ! --ahspi :", prints: "-p ah -m ah"),
            Rejects("-p ah -m ah --ahspi -1"),
            Rejects("-p ah -m ah --ahlen 8"),
            Rejects("-m ah --ahspi 5"),
            Hits("-p ah -m ah --ahspi 100:200", Header(200)),
            Hits("-p ah -m ah ! --ahspi 100:200", Header(99)),
            Misses("-p ah -m ah --ahspi 100:200", Header(99)),
            Misses("-p ah -m ah ! --ahspi 7", Header(7)),
            Hotdrops("-p ah -m ah", Header(7).Keep(11)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Transport.Header(12).And(Field.Bytes(HeaderBase.Transport, 4, 4, "AH SPI").In(Indices));

    public override void Print(OptionWriter writer)
    {
        if (Indices.Value != AnyIndex) { writer.Write(Spi, Values.Text(Indices.Value), Indices.IsNegated); }
    }

    private static Packet Header(byte spi) => Packet.Ip(Transport.Authentication, 59, 1, 0, 0, 0, 0, 0, spi, 0, 0, 0, 1);
}
