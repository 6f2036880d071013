using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches at a limited rate, all packets of the rule together (net/netfilter/xt_limit.c). Credit grows with each jiffy up to what a burst costs. The kernel computes in
/// 32 bits: what overflows is refused when it gives less than one packet costs, and else means something else than written.
/// </summary>
/// <param name="Period">From one packet to the next, in units of 1/10000 s.</param>
/// <param name="Burst">Packets at once, after a rest.</param>
public sealed record LimitMatch(uint Period, uint Burst) : Match
{
    private const uint DefaultBurst = 5, DefaultPeriod = 3_600 * Values.LimitScale / 3;

    private static readonly Option<PacketRate> LimitOption = Option.Value("--limit", Values.LimitRate);
    private static readonly Option<uint> BurstOption = Option.Value("--limit-burst", Values.Number(10_000));

    public static readonly MatchModule Module = new("limit")
    {
        Summary = "Matches at a limited rate.",
        Options = [LimitOption, BurstOption],
        Create = Read,
        Examples =
        [
            Accepts("-m limit", prints: "-m limit --limit 3/hour"),
            Accepts("-m limit --limit 10/s --limit-burst 5", prints: "-m limit --limit 10/sec"),
            Accepts("-m limit --limit-burst 0x10 --limit 90/min", prints: "-m limit --limit 90/min --limit-burst 16"),
            Accepts("-m limit --limit 300/s", prints: "-m limit --limit 303/sec"),
            Accepts("-m limit --limit 10000/min", prints: "-m limit --limit 166/sec"),
            Accepts("-m limit --limit 10sec", prints: "-m limit --limit 10/sec"),
            Accepts("-m limit --limit 24/d --limit-burst 1", prints: "-m limit --limit 1/hour --limit-burst 1"),
            Accepts("-m limit --limit 1/hour --limit-burst 373"),
            Rejects("-m limit --limit 0/s"),
            Rejects("-m limit --limit 10/"),
            Rejects("-m limit --limit 10/days"),
            Rejects("-m limit --limit 20000/s"),
            Rejects("-m limit --limit 600001/min"),
            Rejects("-m limit --limit -1"),
            Rejects("-m limit --limit 1/s --limit-burst 0"),
            Rejects("-m limit --limit 1/s --limit-burst 10001"),
            Rejects("-m limit --limit 1/day"),
            Rejects("-m limit --limit 1/hour --limit-burst 120"),
            Rejects("-m limit ! --limit 1/s"),
            Hits("-m limit --limit 1/s --limit-burst 1", Packet.Udp(1, 53)),
            Hits("-m limit", Packet.Udp6(1, 53)),
            Misses("-p tcp -m limit --limit 1/s", Packet.Udp(1, 53)),
            Misses("-p udp -m limit --limit 1/s -m udp --dport 53", Packet.Udp6(1, 54)),
            Plays("-m limit --limit 1/s --limit-burst 2",
                (Packet.Udp(1, 53), 0, true), (Packet.Udp(1, 53), 50, true), (Packet.Udp(1, 53), 50, false),
                (Packet.Udp(1, 53), 800, false), (Packet.Udp(1, 53), 150, true), (Packet.Udp(1, 53), 50, false),
                (Packet.Udp(1, 53), 5_000, true), (Packet.Udp(1, 53), 50, true), (Packet.Udp(1, 53), 50, false)),
            Plays("-m limit --limit 10/s --limit-burst 1",
                (Packet.Tcp(1, 80), 0, true), (Packet.Udp(1, 53), 60, false), (Packet.Tcp(1, 80), 60, true), (Packet.Tcp(1, 80), 80, false), (Packet.Tcp(1, 80), 40, true)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(Spend(), Negated: false));

    public override void Print(OptionWriter writer)
    {
        writer.Write(LimitOption, Values.RateText(Period, Values.LimitScale).Text);
        if (Burst != DefaultBurst) { writer.Write(BurstOption, $"{Burst}"); }
    }

    private static LimitMatch? Read(GivenOptions given)
    {
        if (given.Get(LimitOption, new PacketRate(DefaultPeriod, 0)) is not { Value.Period: > 0 and var period }) { return null; }
        var burst = given.Get(BurstOption, DefaultBurst).Value;

        // 250 and 1000 Hz, the usual ones, give the same number of credits a second.
        if (burst == 0 || Credits((uint)period * burst, 250) < Credits((uint)period, 250))
        {
            given.Fail(
                given.Has(BurstOption) ? BurstOption : LimitOption,
                burst == 0 ? "the burst must be at least 1" : $"a burst of {burst} at so slow a rate overflows the kernel's 32 bits",
                burst == 0 ? null : "lower --limit-burst");
            return null;
        }

        return new((uint)period, burst);
    }

    /// <summary>The largest power of two with which a day still fits into 32 bits (<c>CREDITS_PER_JIFFY</c>).</summary>
    private static uint CreditsPerJiffy(uint hertz) => 1u << (int)uint.Log2(uint.MaxValue / (hertz * 60 * 60 * 24));

    /// <summary><c>user2credits</c>.</summary>
    private static uint Credits(uint period, uint hertz)
    {
        var second = hertz * CreditsPerJiffy(hertz);
        return period > uint.MaxValue / second ? period / Values.LimitScale * second : period * second / Values.LimitScale;
    }

    /// <summary><c>limit_mt</c>. Words: in use, jiffies of the last packet, credit (32 bits).</summary>
    private StepProgram Spend()
    {
        Local now = new(0), cost = new(1), cap = new(2), gain = new(3), used = new(4), last = new(5), credit = new(6), passes = new(7);
        return new("limit", Locals: 8,
        [
            new Find(used.Index, new Cell(3), []),
            Set(now, new Now(ClockKind.Jiffies)),
            Hertz.Choose(
                new(cost, hertz => Credits(Period, hertz)), new(cap, hertz => Credits(Period * Burst, hertz)), new(gain, hertz => CreditsPerJiffy(hertz))),
            new Atomically(
            [
                new Fetch(used.Index, 0),
                new Fetch(last.Index, 1),
                new Fetch(credit.Index, 2),
                If(used.Is(0), Set(last, now), Set(credit, cap)),
                If(now.Above(last),
                    Set(credit, (credit + (now - last) * gain) & new Constant(uint.MaxValue)),
                    Set(last, now)),
                If(credit.Above(cap), Set(credit, cap)),
                If(credit.AtLeast(cost), Set(credit, credit - cost), Set(passes, 1)),
                new Store(0, 1),
                new Store(1, last),
                new Store(2, credit),
            ]),
            If(passes.Is(1), Found),
        ]);
    }
}
