using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>Matches packets by lot (<c>random</c>) or by counting those that reach the rule, on all processors together (<c>nth</c>) (net/netfilter/xt_statistic.c).</summary>
/// <param name="Probability">Of a random match, in units of 2^-31; null for nth.</param>
/// <param name="Every">How many packets make a round.</param>
/// <param name="Packet">Which of a round matches, from 0.</param>
/// <param name="IsNegated">Matches the others.</param>
public sealed record StatisticMatch(uint? Probability, uint Every, uint Packet, bool IsNegated) : Match
{
    private const uint Certainty = 0x8000_0000;

    private static readonly string[] ModeNames = ["random", "nth"];

    private static readonly Option<int> ModeOption = Option.Value("--mode", Values.OneOf("statistic-mode", ModeNames)).Required();
    private static readonly Option<uint> ProbabilityOption = Option.Value("--probability", Values.Probability).Negatable();
    private static readonly Option<uint> EveryOption = Option.Value("--every", Values.Number(uint.MaxValue, minimum: 1)).Negatable();
    private static readonly Option<uint> PacketOption = Option.Value("--packet", Values.Number(uint.MaxValue));

    public static readonly MatchModule Module = new("statistic")
    {
        Summary = "Matches packets by lot, or every nth.",
        Options = [ModeOption, ProbabilityOption, EveryOption, PacketOption],
        Create = Read,
        Examples =
        [
            Accepts("-m statistic --mode random --probability 0.33333", prints: "-m statistic --mode random --probability 0.33332999982"),
            Accepts("-m statistic --mode random ! --probability .1", prints: "-m statistic --mode random ! --probability 0.10000000009"),
            Accepts("-m statistic --mode random --probability 5e-1", prints: "-m statistic --mode random --probability 0.50000000000"),
            Accepts("-m statistic --packet 0 --mode nth ! --every 3", prints: "-m statistic --mode nth ! --every 3 --packet 0"),
            Accepts("-m statistic --mode nth --every 4294967295 --packet 4294967294"),
            Rejects("-m statistic --mode nth --every 3"),
            Rejects("-m statistic --mode nth --every 3 --packet 3"),
            Rejects("-m statistic --mode nth --every 0 --packet 0"),
            Rejects("-m statistic --mode nth --probability 0.5"),
            Rejects("-m statistic --mode random"),
            Rejects("-m statistic --mode random --probability 1.1"),
            Rejects("-m statistic --mode random --every 3 --packet 0"),
            Rejects("-m statistic --mode Random --probability 0.5"),
            Hits("-m statistic --mode random --probability 1", Packets.Packet.Udp(1, 53)),
            Hits("-m statistic --mode random ! --probability 0", Packets.Packet.Udp6(1, 53)),
            Hits("-m statistic --mode nth --every 1 --packet 0", Packets.Packet.Udp6(1, 53)),
            Misses("-m statistic --mode random --probability 0.0000000001", Packets.Packet.Udp(1, 53)),
            Misses("-m statistic --mode random ! --probability 1", Packets.Packet.Udp6(1, 53)),
            Misses("-m statistic --mode nth --every 2 --packet 1", Packets.Packet.Udp(1, 53)),
            Plays("-m statistic --mode nth --every 3 --packet 1", Nth(false, true, false, false, true, false, false)),
            Plays("-m statistic --mode nth ! --every 3 --packet 0", Nth(false, true, true, false, true, true, false)),
            Plays("-m statistic --mode nth --every 2 --packet 0", Nth(true, false, true, false, true)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        if (Probability is null) { return Guard.Of(new Search(Count(), IsNegated)); }
        if (Probability is 0 or Certainty) { return Probability == 0 == IsNegated ? Guard.Always : Guard.Of(new Never()); }
        return Guard.Of(new Search(Draw(Probability.Value), IsNegated));
    }

    public override void Print(OptionWriter writer)
    {
        writer.Write(ModeOption, ModeNames[Probability is null ? 1 : 0]);
        if (Probability is { } probability)
        {
            writer.Write(ProbabilityOption, Values.ProbabilityText(probability), IsNegated);
            return;
        }

        writer.Write(EveryOption, $"{Every}", IsNegated);
        writer.Write(PacketOption, $"{Packet}");
    }

    private static StatisticMatch? Read(GivenOptions given)
    {
        if (given.Get(ModeOption) is not { } mode) { return null; }
        if (given.Has(ProbabilityOption) != (mode.Value == 0) || given.Has(EveryOption) != (mode.Value == 1) || given.Has(PacketOption) != (mode.Value == 1))
        {
            given.Fail(null, mode.Value == 0 ? "mode random takes --probability alone" : "mode nth takes --every and --packet");
            return null;
        }

        if (given.Get(ProbabilityOption) is { } probability) { return new(probability.Value, 0, 0, probability.IsNegated); }
        if (given.Get(EveryOption) is not { } every || given.Get(PacketOption) is not { } packet) { return null; }
        if (packet.Value < every.Value) { return new(null, every.Value, packet.Value, every.IsNegated); }
        given.Fail(PacketOption, $"--packet must be below {every.Value}, the number of --every");
        return null;
    }

    private static (Packets.Packet Packet, int After, bool Hits)[] Nth(params bool[] hits) => [.. hits.Select(h => (Packets.Packet.Udp(1, 53), 20, h))];

    private static StepProgram Draw(uint probability)
    {
        Local lot = new(0);
        return new("statistic_random", Locals: 1,
        [
            Set(lot, new RandomBits() & 0x7fff_ffff),
            If(lot.Below(new Constant(probability)), Found),
        ]);
    }

    /// <summary>The word counts the packets of the round; the kernel's counter runs ahead of it by what <c>--packet</c> leaves of a round.</summary>
    private StepProgram Count()
    {
        Local count = new(0), next = new(1);
        return new("statistic_nth", Locals: 2,
        [
            new Find(count.Index, new Cell(1), []),
            new Atomically(
            [
                new Fetch(count.Index, 0),
                Set(next, count + 1),
                If(next.Is(new Constant(Every)), Set(next, 0)),
                new Store(0, next),
            ]),
            If(count.Is(new Constant(Packet)), Found),
        ]);
    }
}
