using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the processor that handles the packet (net/netfilter/xt_cpu.c).</summary>
public sealed record CpuMatch(Given<uint> Number) : Match
{
    private static readonly Option<uint> Cpu = Option.Value("--cpu", Values.Number(uint.MaxValue)).Required().Negatable();

    public static readonly MatchModule Module = new("cpu")
    {
        Summary = "Matches the processor that handles the packet.",
        Options = [Cpu],
        Create = given => given.Get(Cpu) is { } number ? new CpuMatch(number) : null,
        Examples =
        [
            Accepts("-m cpu --cpu 0"),
            Accepts("-m cpu ! --cpu 0x1", prints: "-m cpu ! --cpu 1"),
            Accepts("-m cpu --cpu 4294967295").In(Family.IPv6),
            Rejects("-m cpu"),
            Rejects("-m cpu --cpu 1:2"),
            Rejects("-m cpu --cpu 4294967296"),
            Hits("-m cpu --cpu 3", Packet.Udp(1, 53)).Knowing(Field.Cpu, 3),
            Hits("-m cpu ! --cpu 0", Packet.Udp6(1, 53)).Knowing(Field.Cpu, 1, 2),
            Misses("-m cpu --cpu 3", Packet.Udp(1, 53)).Knowing(Field.Cpu, 0),
            Misses("-m cpu ! --cpu 0", Packet.Udp(1, 53)).Knowing(Field.Cpu, 0),
            Defers("-m cpu --cpu 0", DeferReason.Match, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(Field.Cpu.Is(Number.Value, Number.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Cpu, $"{Number.Value}", Number.IsNegated);
}
