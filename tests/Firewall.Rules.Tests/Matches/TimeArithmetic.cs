using System.Globalization;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Rules.Tests.Matches;

/// <summary>The calendar that the time module computes, against the one of .NET.</summary>
public sealed class TimeArithmetic
{
    [Theory]
    [InlineData("--timestart 10:00 --timestop 11:00", "2026-05-04T10:00:00", true)]
    [InlineData("--timestart 10:00 --timestop 11:00", "2026-05-04T11:00:00", true)]
    [InlineData("--timestart 10:00 --timestop 11:00", "2026-05-04T11:00:01", false)]
    [InlineData("--timestart 23:00 --timestop 01:00", "2026-05-04T00:30:00", true)]
    [InlineData("--timestart 23:00 --timestop 01:00", "2026-05-04T22:59:59", false)]
    [InlineData("--timestart 23:00 --timestop 01:00 --weekdays Mon", "2026-05-04T00:30:00", true)]
    [InlineData("--timestart 23:00 --timestop 01:00 --weekdays Mon --contiguous", "2026-05-04T00:30:00", false)]
    [InlineData("--timestart 23:00 --timestop 01:00 --weekdays Mon --contiguous", "2026-05-05T00:30:00", true)]
    [InlineData("--timestart 23:00 --timestop 01:00 --monthdays 30 --contiguous", "2026-05-01T00:30:00", true)]
    [InlineData("--datestart 2026-05-04T10 --datestop 2026-05-05", "2026-05-04T10:00:00", true)]
    [InlineData("--datestart 2026-05-04T10 --datestop 2026-05-05", "2026-05-05T00:00:01", false)]
    public void A_moment_is_in_the_time_or_not(string options, string moment, bool hits) =>
        Assert.Equal(hits, Matches(options, DateTime.Parse(moment, CultureInfo.InvariantCulture)));

    [Fact]
    public void Every_day_of_seventy_years_has_its_weekday_and_its_day_of_the_month()
    {
        string[] weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        var programs = Enumerable.Range(1, 31).ToDictionary(d => d, d => Program($"--monthdays {d} --datestop 2038-12-31T23:59:59"));
        var ofWeek = weekdays.ToDictionary(d => d, d => Program($"--weekdays {d} --datestop 2038-12-31T23:59:59"));
        for (var day = new DateTime(1970, 1, 1, 12, 0, 0, DateTimeKind.Utc); day.Year < 2039; day = day.AddDays(1))
        {
            Assert.True(Matches(programs[day.Day], day) && Matches(ofWeek[weekdays[(int)day.DayOfWeek]], day), $"{day}");
            Assert.False(Matches(programs[day.Day % 28 + 1], day) || Matches(ofWeek[weekdays[((int)day.DayOfWeek + 1) % 7]], day), $"{day}");
        }
    }

    private static bool Matches(string options, DateTime moment) => Matches(Program(options), moment);

    private static StepProgram Program(string options) =>
        Assert.IsType<Search>(RuleText.Bind($"-m time {options}", Family.IPv4, "INPUT", out _)!.Guard(Family.IPv4).Atoms.Single()).Program;

    private static bool Matches(StepProgram program, DateTime moment)
    {
        var memories = new Memories { Now = new Moment(0, 0, (ulong)(moment - DateTime.UnixEpoch).TotalSeconds) };
        var context = new PacketContext { InInterface = "eth0" };
        Assert.True(PacketView.TryDecode(Packet.Udp(1, 53).Frame.AsMemory(), context, out var view, out _));
        return StepInterpreter.Run(program, view, new RuleMemory(memories, program)) == SearchResult.Match;
    }
}
