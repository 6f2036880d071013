using System.Globalization;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Guesses the sender's operating system from its first segment (net/netfilter/xt_osf.c), by fingerprints that are loaded into the kernel.
/// A segment without SYN is no match, not even with <c>!</c>.
/// </summary>
/// <param name="Genre">The system's name.</param>
/// <param name="Ttl">How the TTL is compared: 0 as if in the same network, 1 at most, 2 not.</param>
/// <param name="Log">What is logged: 0 all matches, 1 the first, 2 all that is known.</param>
public sealed record OsfMatch(Given<string> Genre, uint? Ttl, uint? Log) : Match
{
    private const int Syn = 2;

    private static readonly Option<string> GenreOption = Option.Value("--genre", Values.Genre).Required().Negatable();
    private static readonly Option<uint> TtlOption = Option.Value("--ttl", Values.Number(2));
    private static readonly Option<uint> LogOption = Option.Value("--log", Values.Number(2));

    public static readonly MatchModule Module = new("osf")
    {
        Summary = "Guesses the sender's operating system from its first segment.",
        OnlyFamily = Family.IPv4,
        Protocols = [Transport.Tcp],
        Chains = ["PREROUTING", "INPUT", "FORWARD"],
        Options = [GenreOption, TtlOption, LogOption],
        Create = given => given.Get(GenreOption) is { } genre ? new OsfMatch(genre, given.Get(TtlOption)?.Value, given.Get(LogOption)?.Value) : null,
        Examples =
        [
            Accepts("-p tcp -m osf --genre Linux"),
            Accepts("-p tcp -m osf --log 0x2 --ttl 0 ! --genre Windows", prints: "-p tcp -m osf ! --genre Windows --ttl 0 --log 2"),
            Accepts("-p tcp -m osf --genre 01234567890123456789012345678901", prints: "-p tcp -m osf --genre 0123456789012345678901234567890"),
            Rejects("-p tcp -m osf --ttl 1"),
            Rejects("-p tcp -m osf --genre Linux --ttl 3"),
            Rejects("-m osf --genre Linux"),
            Misses("-p tcp -m osf --genre Linux", Packet.Tcp(1, 80).WithFlags("A")),
            Misses("-p tcp -m osf ! --genre Linux", Packet.Tcp(1, 80).Keep(19)),
            Defers("-p tcp -m osf --genre Linux", DeferReason.Match, Packet.Tcp(1, 80)),
            Defers("-p tcp -m osf ! --genre Linux", DeferReason.Match, Packet.Tcp(1, 80).WithFlags("SA")),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(
        new HeaderGate(HeaderBase.Transport, 20, WhenMissing.NoMatch),
        Field.Bytes(HeaderBase.Transport, 13, 1, "TCP flags").Masked(Syn, Syn),
        new Unknowable(DeferReason.Match));

    public override void Print(OptionWriter writer)
    {
        writer.Write(GenreOption, Genre.Value, Genre.IsNegated);
        if (Ttl is { } ttl) { writer.Write(TtlOption, ttl.ToString(CultureInfo.InvariantCulture)); }
        if (Log is { } log) { writer.Write(LogOption, log.ToString(CultureInfo.InvariantCulture)); }
    }
}
