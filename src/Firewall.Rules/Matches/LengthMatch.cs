using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the total length of the IP packet, header included (net/netfilter/xt_length.c). A reversed range loads and never matches.
/// </summary>
public sealed record LengthMatch(Given<ValueRange> Lengths) : Match
{
    private static readonly Option<ValueRange> Length = Option.Value("--length", Values.Range(ushort.MaxValue)).Required().Negatable();

    public static readonly MatchModule Module = new("length")
    {
        Summary = "Matches the length of the IP packet, header included.",
        Options = [Length],
        Create = given => given.Get(Length) is { } lengths ? new LengthMatch(lengths) : null,
        Examples =
        [
            Accepts("-m length --length 40:60"),
            Accepts("-m length --length :60", prints: "-m length --length 0:60"),
            Accepts("-m length --length 100:50"),
            Rejects("-m length --length 65536"),
            Rejects("-m length"),
            Hits("-m length --length 40", Packet.Tcp(1000, 80)),
            Hits("-m length ! --length 60:40", Packet.Udp6(1000, 53)),
            Hits("-m length --length 48", Packet.Udp6(1000, 53).Padded(4)),
            Misses("-m length --length 41", Packet.Tcp(1000, 80)),
            Misses("-m length ! --length 40", Packet.Tcp(1000, 80)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Always.And(Field.TotalLength.In(Lengths));

    public override void Print(OptionWriter writer) => writer.Write(Length, Values.Text(Lengths.Value), Lengths.IsNegated);
}
