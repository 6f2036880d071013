using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the compression parameter index of IPComp packets (net/netfilter/xt_ipcomp.c). Without <c>--ipcompspi</c> the index must be 0:
/// libxt_ipcomp.c leaves the range empty.
/// </summary>
/// <param name="Indices">The indices.</param>
/// <param name="ChecksReserved"><c>--compres</c>, which the kernel takes and does not ask about.</param>
public sealed record IpcompMatch(Given<ValueRange> Indices, bool ChecksReserved) : Match
{
    private static readonly ValueRange AnyIndex = new(0, uint.MaxValue);

    private static readonly Option<ValueRange> Spi = Option.Value("--ipcompspi", Values.Range(uint.MaxValue)).Negatable();
    private static readonly Flag Reserved = Option.Flag("--compres");

    public static readonly MatchModule Module = new("ipcomp")
    {
        Summary = "Matches the compression parameter index (CPI) of IPComp packets.",
        Protocols = [Protocols.IPComp],
        ImpliedBy = [Protocols.IPComp],
        Options = [Spi, Reserved],
        Create = given => new IpcompMatch(given.Get(Spi, new ValueRange(0, 0)), given.Has(Reserved)),
        Examples =
        [
            Accepts("-p ipcomp -m ipcomp", prints: "-p ipcomp -m ipcomp --ipcompspi 0"),
            Accepts("-p 108 --compres ! --ipcompspi 0x5:", prints: "-p ipcomp -m ipcomp ! --ipcompspi 5:4294967295 --compres"),
            Accepts("-p ipcomp -m ipcomp --ipcompspi 6:5"),
            Accepts("-p ipcomp --ipcompspi 0x10", prints: "-p ipcomp -m ipcomp --ipcompspi 16"),
            Rejects("-p ipcomp -m ipcomp --ipcompspi 4294967296"),
            Rejects("-p ipcomp -m ipcomp ! --compres"),
            Rejects("-m ipcomp --ipcompspi 5"),
            Hits("-p ipcomp -m ipcomp --ipcompspi 5:6 --compres", Packet.Ip(Protocols.IPComp, 4, 9, 0, 6)),
            Hits("-p ipcomp -m ipcomp ! --ipcompspi 5", Packet.Ip6(Protocols.IPComp, 4, 0, 1, 5)),
            Hits("-p ipcomp -m ipcomp", Packet.Ip(Protocols.IPComp, 4, 0, 0, 0)),
            Misses("-p ipcomp -m ipcomp", Packet.Ip(Protocols.IPComp, 4, 0, 0, 5)),
            Misses("-p ipcomp -m ipcomp --ipcompspi 5", Packet.Ip(Protocols.IPComp, 4, 0, 0, 6)),
            Misses("-p ipcomp -m ipcomp --ipcompspi :", Packet.Ip(Protocols.IPComp, 4, 0, 0, 6).Fragment(1, more: false)).OnForward(),
            Hotdrops("-p ipcomp -m ipcomp --ipcompspi 5", Packet.Ip(Protocols.IPComp, 4, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Transport.Header(4).And(Field.Bytes(HeaderBase.Transport, 2, 2, "IPComp CPI").In(Indices));

    public override void Print(OptionWriter writer)
    {
        if (Indices.Value != AnyIndex) { writer.Write(Spi, Values.Text(Indices.Value), Indices.IsNegated); }
        if (ChecksReserved) { writer.Write(Reserved); }
    }
}
