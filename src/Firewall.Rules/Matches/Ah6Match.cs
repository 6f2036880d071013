using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the authentication header of IPv6 packets (net/ipv6/netfilter/ip6t_ah.c). It is an extension header there: <c>-p ah</c> loads,
/// but never matches.
/// </summary>
/// <param name="Indices">Its security parameters index.</param>
/// <param name="Length">Its length in bytes; 0 asks nothing, even negated.</param>
/// <param name="ReservedIsZero">Asks for its reserved field to be zero.</param>
public sealed record Ah6Match(Given<ValueRange> Indices, Given<uint> Length, bool ReservedIsZero) : Match
{
    private static readonly ValueRange AnyIndex = new(0, uint.MaxValue);

    private static readonly Option<ValueRange> Spi = Option.Value("--ahspi", Values.Range(uint.MaxValue)).Negatable();
    private static readonly Option<uint> HeaderLength = Option.Value("--ahlen", Values.Number(uint.MaxValue)).Negatable();
    private static readonly Flag Reserved = Option.Flag("--ahres");

    public static readonly MatchModule Module = new("ah")
    {
        Summary = "Matches the authentication header of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        ImpliedBy = [Transport.Authentication],
        Options = [Spi, HeaderLength, Reserved],
        Create = given => new Ah6Match(given.Get(Spi, AnyIndex), given.Get(HeaderLength, 0u), given.Has(Reserved)),
        Examples =
        [
            Accepts("-m ah").In(Family.IPv6),
            Accepts("-m ah ! --ahspi : ! --ahlen 0x18 --ahres", prints: "-m ah ! --ahlen 24 --ahres").In(Family.IPv6),
            Accepts("-m ah ! --ahlen 0").In(Family.IPv6),
            Accepts("-m ah --ahlen 0", prints: "-m ah").In(Family.IPv6),
            Rejects("-m ah --ahlen 4294967296").In(Family.IPv6),
            Rejects("-m ah ! --ahres").In(Family.IPv6),
            Hits("-m ah --ahspi 256 --ahlen 24 --ahres", Packet.Tcp6(1, 80).WithAuthentication(256)),
            Hits("-m ah ! --ahlen 0", Packet.Tcp6(1, 80).WithAuthentication(256)),
            Misses("-m ah --ahspi 256 --ahlen 16", Packet.Tcp6(1, 80).WithAuthentication(256)),
            Misses("-m ah --ahres", Packet.Tcp6(1, 80).WithAuthentication(256, reserved: 1)),
            Misses("-m ah", Packet.Tcp6(1, 80)),
            Hotdrops("-m ah", Packet.Ip6(Transport.Authentication, 59, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0)),
            Hotdrops("-m ah --ahspi 7", Packet.Ip6(Transport.Authentication, 59, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1)),
            Hotdrops("-m ah", Packet.Ip6(60, 0)),
        ],
    };

    /// <summary>A header that runs past the packet's end drops it (measured on Linux 6.18).</summary>
    private static readonly StepProgram LiesInPacket = new("ah_length", Locals: 1,
    [
        Byte(new Local(0), new OffsetOf(HeaderBase.Authentication) + 1),
        If((new OffsetOf(HeaderBase.Authentication) + (new Local(0) + 2) * 4).Above(new PacketEnd()), Hotdrop),
        Found,
    ]);

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var guard = Guard.Of(new HeaderGate(HeaderBase.Authentication, 12, WhenMissing.Hotdrop), new Search(LiesInPacket, Negated: false))
            .And(Field.Bytes(HeaderBase.Authentication, 4, 4, "AH SPI").In(Indices));
        if (Length.Value != 0)
        {
            var words = Length.Value % 4 == 0 && Length.Value >= 8 ? ValueSet.Of(Length.Value / 4 - 2) : ValueSet.Empty;
            guard = guard.And(Field.Bytes(HeaderBase.Authentication, 1, 1, "AH length").In(words, Length.IsNegated));
        }

        return ReservedIsZero ? guard.And(Field.Bytes(HeaderBase.Authentication, 2, 2, "AH reserved").Is(0)) : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (Indices.Value != AnyIndex) { writer.Write(Spi, Values.Text(Indices.Value), Indices.IsNegated); }
        if (Length.Value != 0 || Length.IsNegated) { writer.Write(HeaderLength, $"{Length.Value}", Length.IsNegated); }
        if (ReservedIsZero) { writer.Write(Reserved); }
    }
}
