using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the netfilter mark (net/netfilter/xt_mark.c), which is 0 for a packet fresh from the wire.</summary>
public sealed record MarkMatch(Given<MaskedNumber> Test) : Match
{
    private static readonly Option<MaskedNumber> Mark = Option.Value("--mark", Values.Mark).Required().Negatable();

    public static readonly MatchModule Module = new("mark")
    {
        Summary = "Matches the netfilter mark.",
        Options = [Mark],
        Create = given => given.Get(Mark) is { } test ? new MarkMatch(test) : null,
        Examples =
        [
            Accepts("-m mark --mark 0x10/0x10"),
            Accepts("-m mark ! --mark 1/0xffffffff", prints: "-m mark ! --mark 0x1"),
            Accepts("-m mark --mark 010", prints: "-m mark --mark 0x8"),
            Rejects("-m mark"),
            Rejects("-m mark --mark 1/"),
            Rejects("-m mark --mark 4294967296"),
            Hits("-m mark --mark 0x0", Packet.Udp(1, 53)),
            Hits("-m mark ! --mark 1", Packet.Udp6(1, 53)),
            Misses("-m mark --mark 1", Packet.Udp(1, 53)),
            Misses("-m mark ! --mark 0/0xff", Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Always.And(Field.Mark.Masked(Test.Value.Mask, Test.Value.Number, Test.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(
        Mark,
        Test.Value.Mask == uint.MaxValue ? $"0x{Test.Value.Number:x}" : $"0x{Test.Value.Number:x}/0x{Test.Value.Mask:x}",
        Test.IsNegated);
}
