using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches by the time of arrival, in UTC (net/netfilter/xt_time.c, <c>time_mt</c>). With <c>--kerneltz</c> the kernel's own time zone counts, which only it knows.
/// </summary>
/// <param name="From">First second since 1970.</param>
/// <param name="Until">Last second since 1970; iptables ends every rule in January 2038 that does not say otherwise.</param>
/// <param name="DayFrom">First second of the day.</param>
/// <param name="DayUntil">Last second of the day; when it does not come after the first, the time runs over midnight.</param>
/// <param name="Monthdays">Days of the month, as bits.</param>
/// <param name="Weekdays">Days of the week, as bits, Monday being bit 1.</param>
/// <param name="IsContiguous">Whether the hours after midnight belong to the day before.</param>
/// <param name="InKernelZone">Whether the kernel's time zone counts.</param>
public sealed record TimeMatch(
    uint From, uint Until, uint DayFrom, uint DayUntil, uint Monthdays, byte Weekdays, bool IsContiguous, bool InKernelZone) : Match
{
    private const int Day = 86_400;
    private const uint AllMonthdays = 0xffff_fffe;
    private const byte AllWeekdays = 0xfe;

    private static readonly Option<uint> FromOption = Option.Value("--datestart", Values.Date);
    private static readonly Option<uint> UntilOption = Option.Value("--datestop", Values.Date);
    private static readonly Option<uint> DayFromOption = Option.Value("--timestart", Values.Daytime);
    private static readonly Option<uint> DayUntilOption = Option.Value("--timestop", Values.Daytime);
    private static readonly Option<uint> MonthdaysOption = Option.Value("--monthdays", Values.Monthdays).Negatable();
    private static readonly Option<byte> WeekdaysOption = Option.Value("--weekdays", Values.Weekdays).Negatable();
    private static readonly Flag ContiguousOption = Option.Flag("--contiguous");
    private static readonly Flag KernelZoneOption = Option.Flag("--kerneltz").Alias("--localtz");
    private static readonly Flag UtcOption = Option.Flag("--utc");

    public static readonly MatchModule Module = new("time")
    {
        Summary = "Matches by the date and the time of day.",
        Options = [FromOption, UntilOption, DayFromOption, DayUntilOption, MonthdaysOption, WeekdaysOption, ContiguousOption, KernelZoneOption, UtcOption],
        Create = Read,
        Examples =
        [
            Accepts("-m time", prints: "-m time --datestop 2038-01-19T03:14:07"),
            Accepts("-m time --timestart 10:00 --timestop 18:30 --utc", prints: "-m time --timestart 10:00:00 --timestop 18:30:00 --datestop 2038-01-19T03:14:07"),
            Accepts("-m time --timestart 1:2:3", prints: "-m time --timestart 01:02:03 --timestop 23:59:59 --datestop 2038-01-19T03:14:07"),
            Accepts("-m time --datestart 2026-02-30 --datestop 2038-12-31T10", prints: "-m time --datestart 2026-03-02T00:00:00 --datestop 2038-12-31T10:00:00"),
            Accepts("-m time --datestart 2026-00-01", prints: "-m time --datestart 2025-12-01T00:00:00 --datestop 2038-01-19T03:14:07"),
            Accepts("-m time ! --weekdays Monday,7", prints: "-m time --weekdays Tue,Wed,Thu,Fri,Sat --datestop 2038-01-19T03:14:07"),
            Accepts("-m time --kerneltz --weekdays Mon --monthdays 3,31 --datestart 2026 --timestop 10:00 --contiguous --timestart 11:00 --datestop 2027",
                prints: "-m time --timestart 11:00:00 --timestop 10:00:00 --monthdays 3,31 --weekdays Mon --datestart 2026-01-01T00:00:00 --datestop 2027-01-01T00:00:00 --kerneltz --contiguous"),
            Rejects("-m time --timestart 24:00"),
            Rejects("-m time --timestart 10"),
            Rejects("-m time --datestart 1969"),
            Rejects("-m time --datestart 2026-05-03T10:11:12Z"),
            Rejects("-m time --weekdays mo"),
            Rejects("-m time --weekdays 0"),
            Rejects("-m time --monthdays 32"),
            Rejects("-m time --utc --kerneltz"),
            Rejects("-m time --timestart 10:00 --timestop 18:00 --contiguous"),
            Hits("-m time --datestart 1970 --datestop 2038-12-31", Packet.Udp(1, 53)),
            Hits("-m time --timestart 00:00 --timestop 00:00", Packet.Udp6(1, 53)),
            Hits("-m time --timestart 12:00 --timestop 11:59:59", Packet.Udp6(1, 53)),
            Misses("-m time --datestart 2038-12-31", Packet.Udp(1, 53)),
            Misses("-p tcp -m time", Packet.Udp6(1, 53)),
            Misses("-m time ! --weekdays 1,2,3,4,5,6,7", Packet.Udp6(1, 53)),
            Misses("-m time --monthdays 0", Packet.Udp(1, 53)),
            Defers("-m time --timestart 10:00 --kerneltz", DeferReason.Match, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(InKernelZone ? new Unknowable(DeferReason.Match) : new Search(Compare(), Negated: false));

    public override void Print(OptionWriter writer)
    {
        if (DayFrom != 0 || DayUntil != Day - 1)
        {
            writer.Write(DayFromOption, Values.DaytimeText(DayFrom));
            writer.Write(DayUntilOption, Values.DaytimeText(DayUntil));
        }

        if (Monthdays != AllMonthdays) { writer.Write(MonthdaysOption, Values.MonthdaysText(Monthdays)); }
        if (Weekdays != AllWeekdays) { writer.Write(WeekdaysOption, Values.WeekdaysText(Weekdays)); }
        if (From != 0) { writer.Write(FromOption, Values.DateText(From)); }
        if (Until != 0) { writer.Write(UntilOption, Values.DateText(Until)); }
        if (InKernelZone) { writer.Write(KernelZoneOption); }
        if (IsContiguous) { writer.Write(ContiguousOption); }
    }

    private static TimeMatch? Read(GivenOptions given)
    {
        if (given.Has(UtcOption) && given.Has(KernelZoneOption))
        {
            given.Fail(KernelZoneOption, "--utc and --kerneltz cannot stand together");
            return null;
        }

        var (from, until) = (given.Get(DayFromOption, 0u).Value, given.Get(DayUntilOption, Day - 1u).Value);
        if (given.Has(ContiguousOption) && from < until)
        {
            given.Fail(ContiguousOption, "--contiguous makes sense only when --timestop comes before --timestart");
            return null;
        }

        var (monthdays, weekdays) = (given.Get(MonthdaysOption, AllMonthdays), given.Get(WeekdaysOption, AllWeekdays));
        return new(
            given.Get(FromOption, 0u).Value, given.Get(UntilOption, (uint)int.MaxValue).Value, from, until,
            monthdays.IsNegated ? monthdays.Value ^ AllMonthdays : monthdays.Value,
            weekdays.IsNegated ? (byte)(weekdays.Value ^ AllWeekdays) : weekdays.Value,
            given.Has(ContiguousOption), given.Has(KernelZoneOption));
    }

    private StepProgram Compare()
    {
        Local time = new(0), second = new(1), days = new(2), rest = new(3);
        var (dayFrom, dayUntil) = (new Constant(DayFrom), new Constant(DayUntil));
        ImmutableArray<Step> withinDay = [If(second.Below(dayFrom), NotFound), If(second.Above(dayUntil), NotFound)];
        ImmutableArray<Step> overMidnight = [If(second.Below(dayFrom), If(second.Above(dayUntil), NotFound))];
        Step[] dayBefore = [If(dayUntil.AtLeast(second), Set(time, time - Day))];
        return new("time", Locals: 4,
        [
            Set(time, new Now(ClockKind.RealSeconds)),
            If(time.Below(new Constant(From)), NotFound),
            If(time.Above(new Constant(Until)), NotFound),
            Set(second, time % Day),
            .. DayFrom < DayUntil ? withinDay : overMidnight,
            .. IsContiguous ? dayBefore : [],
            Set(days, time / Day),

            // 1970 began on a Thursday, day 4 of the week.
            .. Weekdays == AllWeekdays ? [] : new[] { If(IsNoneOf(Weekdays, (days + 3) % 7 + 1), NotFound) },
            .. Monthdays == AllMonthdays ? [] : DayOfMonth(days, rest).Append(If(IsNoneOf(Monthdays, rest), NotFound)),
            Found,
        ]);
    }

    /// <summary>Whether the day is none of the set.</summary>
    private static Comparison IsNoneOf(uint set, Expression day) => ((new Constant(set) >> day) & 1).Is(0);

    /// <summary>
    /// The day of the month from the days since 1970: years are counted from the first of March 1968 on, so that the leap day is the last of four years, and from March
    /// on every five months have 153 days. Right until February 2100; the kernel's own table ends in 2039.
    /// </summary>
    private static IEnumerable<Step> DayOfMonth(Local days, Local rest) =>
    [
        Set(rest, (days + 671) % 1_461),
        Set(days, (rest - rest / 1_460) / 365),
        Set(rest, rest - days * 365),
        Set(days, (rest * 5 + 2) / 153),
        Set(days, (days * 153 + 2) / 5),
        Set(rest, rest - days + 1),
    ];
}
