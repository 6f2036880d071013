using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the differentiated services code point, the upper six bits of the type of service (net/netfilter/xt_dscp.c).</summary>
public sealed record DscpMatch(Given<byte> CodePoint) : Match
{
    private static readonly Option<uint> Dscp = Option.Value("--dscp", Values.Number(63)).Negatable();
    private static readonly Option<byte> DscpClass = Option.Value("--dscp-class", Values.DscpClass).Negatable();

    public static readonly MatchModule Module = new("dscp")
    {
        Summary = "Matches the differentiated services code point.",
        Options = [Dscp, DscpClass],
        Create = Read,
        Examples =
        [
            Accepts("-m dscp --dscp 46", prints: "-m dscp --dscp 0x2e"),
            Accepts("-m dscp ! --dscp 0x00"),
            Accepts("-m dscp --dscp-class af41", prints: "-m dscp --dscp 0x22"),
            Rejects("-m dscp"),
            Rejects("-m dscp --dscp 64"),
            Rejects("-m dscp --dscp-class VA"),
            Rejects("-m dscp --dscp 5 --dscp-class EF"),
            Hits("-m dscp --dscp 0x2e", Packet.Udp(1, 53).WithTos(0xbb)),
            Hits("-m dscp --dscp-class AF11", Packet.Tcp6(1, 80).WithTos(0x28)),
            Misses("-m dscp --dscp 0x2e", Packet.Udp(1, 53).WithTos(0xb4)),
            Misses("-m dscp ! --dscp 0", Packet.Icmp(8).WithTos(3)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) =>
        Guard.Of(Field.TypeOfService.Masked(0xfc, (UInt128)(CodePoint.Value << 2), CodePoint.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Dscp, $"0x{CodePoint.Value:x2}", CodePoint.IsNegated);

    private static DscpMatch? Read(GivenOptions given)
    {
        if (given.Has(Dscp) == given.Has(DscpClass))
        {
            given.Fail(given.Has(Dscp) ? DscpClass : null, "exactly one of --dscp and --dscp-class must be given");
            return null;
        }

        if (given.Get(Dscp) is { } number) { return new(new Given<byte>((byte)number.Value, number.IsNegated)); }
        return given.Get(DscpClass) is { } named ? new(named) : null;
    }
}
