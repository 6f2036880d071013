using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches bits of the type of service or traffic class (net/netfilter/xt_dscp.c, <c>tos_mt</c>). A number alone has mask 0xff, a name 0x3f.
/// </summary>
public sealed record TosMatch(Given<MaskedNumber> Test) : Match
{
    private static readonly Option<MaskedNumber> Tos = Option.Value("--tos", Values.Tos).Required().Negatable();

    public static readonly MatchModule Module = new("tos")
    {
        Summary = "Matches the type-of-service byte or the traffic class.",
        Options = [Tos],
        Create = given => given.Get(Tos) is { } test ? new TosMatch(test) : null,
        Examples =
        [
            Accepts("-m tos --tos 0x10/0x3f"),
            Accepts("-m tos ! --tos 8", prints: "-m tos ! --tos 0x08/0xff"),
            Accepts("-m tos --tos minimize-delay", prints: "-m tos --tos 0x10/0x3f"),
            Rejects("-m tos"),
            Rejects("-m tos --tos 256"),
            Rejects("-m tos --tos 8/"),
            Rejects("-m tos --tos Minimize-Delay/0x1"),
            Hits("-m tos --tos Minimize-Delay", Packet.Icmp(8).WithTos(0xd0)),
            Hits("-m tos --tos 0x10", Packet.Tcp6(1, 80).WithTos(0x10)),
            Misses("-m tos --tos 0x10", Packet.Tcp(1, 80).WithTos(0xd0)),
            Misses("-m tos --tos 0xff/0x0f", Packet.Tcp(1, 80).WithTos(0xff)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) =>
        Guard.Always.And(Field.TypeOfService.Masked(Test.Value.Mask, Test.Value.Number, Test.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Tos, $"0x{Test.Value.Number:x2}/0x{Test.Value.Mask:x2}", Test.IsNegated);
}
