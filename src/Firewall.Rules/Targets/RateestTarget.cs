using System.Globalization;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j RATEEST</c>: counts packets for an estimate of their rate (net/netfilter/xt_RATEEST.c).</summary>
/// <param name="Estimator">The estimate's name, for the match rateest.</param>
/// <param name="Step">How often it is computed: every quarter of a second times two to the power of this.</param>
/// <param name="Weight">Over how many intervals it is averaged, as a power of two.</param>
public sealed record RateestTarget(string Estimator, int Step, int Weight) : ModuleTarget
{
    /// <summary>Bytes of a name: <c>IFNAMSIZ</c> less its terminator.</summary>
    private const int LongestName = 15;

    private const int MostSteps = 5;
    private const int MostWeight = 30;
    private const uint QuarterSecond = 250_000;

    private static readonly Option<string> NameOption = Option.Value("--rateest-name", Values.CutText(LongestName, shortest: 0)).Required();
    private static readonly Option<uint> Interval = Option.Value("--rateest-interval", Values.Microseconds).Required();
    private static readonly Option<uint> Ewmalog = Option.Value("--rateest-ewmalog", Values.Microseconds).Required();

    public static readonly TargetModule Module = new("RATEEST")
    {
        Summary = "Counts packets for an estimate of their rate.",
        Options = [NameOption, Interval, Ewmalog],
        Create = Read,
        Examples =
        [
            Accepts("-j RATEEST --rateest-name a --rateest-interval 250.0ms --rateest-ewmalog 4.0s"),
            Accepts("-j RATEEST --rateest-name b --rateest-interval 1s --rateest-ewmalog 3Sec", prints: "-j RATEEST --rateest-name b --rateest-interval 1.0s --rateest-ewmalog 2.0s"),
            Accepts("-j RATEEST --rateest-name c --rateest-interval 100ms --rateest-ewmalog 1000000", prints: "-j RATEEST --rateest-name c --rateest-interval 250.0ms --rateest-ewmalog 2.0s").In(Family.IPv6),
            Accepts("-j RATEEST --rateest-name d --rateest-interval 5s --rateest-ewmalog 30s", prints: "-j RATEEST --rateest-name d --rateest-interval 8.0s --rateest-ewmalog 32.0s"),
            Rejects("-j RATEEST"),
            Rejects("-j RATEEST --rateest-name a --rateest-interval 1s"),
            Rejects("-j RATEEST --rateest-name a --rateest-interval 8.1s --rateest-ewmalog 60s"),
            Rejects("-j RATEEST --rateest-name a --rateest-interval 1s --rateest-ewmalog 1s"),
            Rejects("-j RATEEST --rateest-name a --rateest-interval 1x --rateest-ewmalog 4s"),
            Does("-j RATEEST --rateest-name a --rateest-interval 1s --rateest-ewmalog 4s", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(NameOption, Quoting.QuoteWord(Estimator));
        writer.Write(Interval, TimeText(QuarterSecond << Step));
        writer.Write(Ewmalog, TimeText(QuarterSecond << (Step + Weight)));
    }

    private static string TimeText(uint microseconds) => microseconds switch
    {
        >= 1_000_000 => (microseconds / 1e6).ToString("F1", CultureInfo.InvariantCulture) + "s",
        >= 1_000 => (microseconds / 1e3).ToString("F1", CultureInfo.InvariantCulture) + "ms",
        _ => $"{microseconds}us",
    };

    /// <summary>As <c>RATEEST_final_check</c> (libxt_RATEEST.c) rounds: the average is computed with the interval as given.</summary>
    private static RateestTarget? Read(GivenOptions given)
    {
        if (given.Get(NameOption) is not { } name || given.Get(Interval) is not { Value: var interval } || given.Get(Ewmalog) is not { Value: var average }) { return null; }
        var step = 0;
        while (step <= MostSteps && interval > QuarterSecond << step) { step++; }
        if (step > MostSteps)
        {
            given.Fail(Interval, "an interval of more than 8 seconds is too long");
            return null;
        }

        var weight = 1;
        while (weight <= MostWeight && interval / -Math.Log(1 - (1.0 / (1L << weight))) <= average) { weight++; }
        if (weight is > 1 and <= MostWeight) { return new(name.Value, step, weight - 1); }
        given.Fail(Ewmalog, "the time of the average must be longer than about one and a half intervals, and not endless");
        return null;
    }
}
