using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the security parameters index of ESP packets (net/netfilter/xt_esp.c).</summary>
public sealed record EspMatch(Given<ValueRange> Indices) : Match
{
    private static readonly ValueRange AnyIndex = new(0, uint.MaxValue);

    private static readonly Option<ValueRange> Spi = Option.Value("--espspi", Values.Range(uint.MaxValue)).Negatable();

    public static readonly MatchModule Module = new("esp")
    {
        Summary = "Matches the security parameters index (SPI) of ESP packets.",
        Protocols = [Transport.Esp],
        ImpliedBy = [Transport.Esp],
        Options = [Spi],
        Create = given => new EspMatch(given.Get(Spi, AnyIndex)),
        Examples =
        [
            Accepts("-p esp -m esp"),
            Accepts("-p esp -m esp ! --espspi 0x100:", prints: "-p esp -m esp ! --espspi 256:4294967295"),
            Accepts("-p esp -m esp --espspi 20:10"),
            Accepts("-p esp -m esp --espspi :", prints: "-p esp -m esp"),
            Rejects("-p esp -m esp --espspi 4294967296"),
            Rejects("-m esp --espspi 5"),
            Hits("-p esp -m esp --espspi 100:200", Packet.Ip(Transport.Esp, 0, 0, 0, 200, 0, 0, 0, 1)),
            Hits("-p esp -m esp ! --espspi 6", Packet.Ip6(Transport.Esp, 0, 0, 0, 5, 0, 0, 0, 1)),
            Misses("-p esp -m esp --espspi 100:200", Packet.Ip(Transport.Esp, 0, 0, 0, 201, 0, 0, 0, 1)),
            Misses("-p esp -m esp --espspi 200:100", Packet.Ip(Transport.Esp, 0, 0, 0, 150, 0, 0, 0, 1)),
            Hotdrops("-p esp -m esp --espspi 100", Packet.Ip(Transport.Esp, 0, 0, 0, 5, 0, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Transport.Header(8).And(Field.Bytes(HeaderBase.Transport, 0, 4, "ESP SPI").In(Indices));

    public override void Print(OptionWriter writer)
    {
        if (Indices.Value != AnyIndex) { writer.Write(Spi, Values.Text(Indices.Value), Indices.IsNegated); }
    }
}
