using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches until so many bytes have passed, IP headers included (net/netfilter/xt_quota.c). A packet larger than what is left does not match and takes the rest, so
/// that smaller ones fail after it.
/// </summary>
/// <param name="Bytes">How many; negated, the packets beyond them match.</param>
public sealed record QuotaMatch(Given<ulong> Bytes) : Match
{
    private static readonly Option<ulong> QuotaOption = Option.Value("--quota", Values.LongNumber).Required().Negatable();

    public static readonly MatchModule Module = new("quota")
    {
        Summary = "Matches until so many bytes have passed.",
        Options = [QuotaOption],
        Create = given => given.Get(QuotaOption) is { } bytes ? new QuotaMatch(bytes) : null,
        Examples =
        [
            Accepts("-m quota --quota 0x10", prints: "-m quota --quota 16"),
            Accepts("-m quota ! --quota 100"),
            Accepts("-m quota --quota 18446744073709551615"),
            Rejects("-m quota"),
            Rejects("-m quota --quota 1k"),
            Rejects("-m quota --quota 18446744073709551616"),
            Hits("-m quota --quota 28", Packet.Udp(1, 53)),
            Hits("-m quota ! --quota 47", Packet.Udp6(1, 53)),
            Misses("-m quota --quota 27", Packet.Udp(1, 53)),
            Misses("-m quota ! --quota 48", Packet.Udp6(1, 53)),
            Misses("-m quota --quota 0", Packet.Udp(1, 53)),
            Plays("-m quota --quota 100", (Packet.Tcp(1, 80), 0, true), (Packet.Tcp(1, 80), 20, true), (Packet.Tcp(1, 80), 20, false), (Packet.Ip(253), 20, false)),
            Plays("-m quota --quota 100", (Packet.Tcp(1, 80), 0, true), (Packet.Tcp(1, 80), 20, true), (Packet.Ip(253), 20, true), (Packet.Ip(253), 20, false)),
            Plays("-m quota ! --quota 60", (Packet.Tcp(1, 80), 0, false), (Packet.Tcp(1, 80), 20, true), (Packet.Ip(253), 20, true)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(Spend(), Bytes.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(QuotaOption, $"{Bytes.Value}", Bytes.IsNegated);

    /// <summary><c>quota_mt</c>. The word is what has been taken.</summary>
    private StepProgram Spend()
    {
        Local length = new(0), taken = new(1), passes = new(2);
        var quota = new Constant(Bytes.Value);
        return new("quota", Locals: 3,
        [
            new Find(taken.Index, new Cell(1), []),
            Set(length, new PacketEnd() - new OffsetOf(HeaderBase.Network)),
            new Atomically(
            [
                new Fetch(taken.Index, 0),
                IfElse((quota - taken).AtLeast(length), [Set(taken, taken + length), Set(passes, 1)], [Set(taken, quota)]),
                new Store(0, taken),
            ]),
            If(passes.Is(1), Found),
        ]);
    }
}
