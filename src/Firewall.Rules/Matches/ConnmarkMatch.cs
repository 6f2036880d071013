using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the mark of the packet's connection (net/netfilter/xt_connmark.c, <c>connmark_mt</c>). Without a conntrack entry it never matches, negated or not.</summary>
public sealed record ConnmarkMatch(Given<MaskedNumber> Test) : Match
{
    private static readonly Option<MaskedNumber> Mark = Option.Value("--mark", Values.Mark).Required().Negatable();

    public static readonly MatchModule Module = new("connmark")
    {
        Summary = "Matches the mark of the packet's connection.",
        Options = [Mark],
        Create = given => given.Get(Mark) is { } test ? new ConnmarkMatch(test) : null,
        Examples =
        [
            Accepts("-m connmark --mark 0x10/0xf0"),
            Accepts("-m connmark ! --mark 1/0xffffffff", prints: "-m connmark ! --mark 0x1"),
            Accepts("-m connmark --mark 010", prints: "-m connmark --mark 0x8"),
            Rejects("-m connmark"),
            Rejects("-m connmark --mark 1/"),
            Rejects("-m connmark --mark 4294967296"),
            Hits("-m connmark --mark 0x10/0xf0", Packet.Udp(1, 53)).Knowing(Field.HasConnection, 1).Knowing(Field.TrackMark, 0x1f),
            Hits("-m connmark ! --mark 1", Packet.Udp6(1, 53)).Knowing(Field.HasConnection, 1).Knowing(Field.TrackMark, 0, 2),
            Misses("-m connmark --mark 1", Packet.Udp(1, 53)).Knowing(Field.HasConnection, 1).Knowing(Field.TrackMark, 0),
            Misses("-m connmark ! --mark 1", Packet.Udp(1, 53)).Knowing(Field.HasConnection, 0),
            Misses("-m connmark --mark 0x1f/0xf0", Packet.Udp(1, 53)).Knowing(Field.HasConnection, 1).Knowing(Field.TrackMark, 0x1f),
            Defers("-m connmark --mark 1", DeferReason.Connection, Packet.Udp(1, 53)).Knowing(Field.HasConnection, 1),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) =>
        Guard.Of(Field.HasConnection.Is(1)).And(Field.TrackMark.Masked(Test.Value.Mask, Test.Value.Number, Test.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(
        Mark,
        Test.Value.Mask == uint.MaxValue ? $"0x{Test.Value.Number:x}" : $"0x{Test.Value.Number:x}/0x{Test.Value.Mask:x}",
        Test.IsNegated);
}
