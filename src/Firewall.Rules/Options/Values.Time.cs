using System.Collections.Immutable;
using System.Globalization;

namespace Firewall.Rules.Options;

public static partial class Values
{
    private static readonly ImmutableArray<string> WeekdayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    /// <summary>
    /// Seconds since 1970 of <c>YYYY[-MM[-DD[Thh[:mm[:ss]]]]]</c>, a year from 1970 to 2038. Days that a month does not have spill over, and month or day 0 is the one
    /// before the first, as <c>mktime</c> has it.
    /// </summary>
    public static readonly ValueGrammar<uint> Date = Word<uint>("date", text =>
    {
        int[] parts = [1970, 1, 1, 0, 0, 0];
        ReadOnlySpan<int> most = [2038, 12, 31, 23, 59, 59];
        const string Ends = "--T::";
        var rest = text.AsSpan();
        for (var i = 0; ; i++)
        {
            var value = TimePart(ref rest);
            if (value > most[i] || (i == 0 && value < 1970)) { return NotADate(text); }
            parts[i] = value;
            if (rest.IsEmpty) { break; }
            if (i == Ends.Length || rest[0] != Ends[i]) { return NotADate(text); }
            rest = rest[1..];
        }

        var seconds = new DateTime(parts[0], 1, 1, parts[3], parts[4], parts[5], DateTimeKind.Utc).AddMonths(parts[1] - 1).AddDays(parts[2] - 1) - DateTime.UnixEpoch;
        return seconds.Ticks >= 0 ? (uint)seconds.TotalSeconds : Wrong($"{text} is before 1970");
    });

    /// <summary>Seconds since midnight of <c>hh:mm[:ss]</c>.</summary>
    public static readonly ValueGrammar<uint> Daytime = Word<uint>("daytime", text =>
    {
        int[] parts = [0, 0, 0];
        ReadOnlySpan<int> most = [23, 59, 59];
        var rest = text.AsSpan();
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = TimePart(ref rest);
            if (parts[i] > most[i]) { break; }
            if (rest.IsEmpty && i > 0) { return (uint)((parts[0] * 60 + parts[1]) * 60 + parts[2]); }
            if (rest is not [':', ..]) { break; }
            rest = rest[1..];
        }

        return Wrong($"`{text}` is not a time of day", "write hh:mm or hh:mm:ss, from 00:00:00 to 23:59:59");
    });

    /// <summary>Names or numbers of days of the week between commas; bit 1 is Monday, bit 7 Sunday. Three characters of each are looked at, two of a name.</summary>
    public static readonly ValueGrammar<byte> Weekdays = Word<byte>("weekdays", text =>
    {
        byte days = 0;
        foreach (var item in DayList(text))
        {
            var day = item[..Math.Min(3, item.Length)];
            if (day.Length == 0 || day is "0") { return Wrong("the week does not begin with Sunday: the days are 1 to 7"); }
            if (Numbers.TryParse(day, 999, out var number))
            {
                days |= (byte)(1u << (int)number);
                continue;
            }

            var index = day.Length < 2 ? -1 : WeekdayNames.IndexOf(WeekdayNames.FirstOrDefault(n => n.StartsWith(day[..2], StringComparison.Ordinal), ""));
            if (index < 0) { return Wrong($"`{day}` is not a day of the week", $"the days are {string.Join(' ', WeekdayNames)}"); }
            days |= (byte)(2 << index);
        }

        return days;
    });

    /// <summary>Numbers of days of the month between commas, two characters of each, as bits.</summary>
    public static readonly ValueGrammar<uint> Monthdays = Word<uint>("monthdays", text =>
    {
        uint days = 0;
        foreach (var item in DayList(text))
        {
            var day = item[..Math.Min(2, item.Length)];
            ulong number = 0;
            if (day.Length > 0 && !Numbers.TryParse(day, 31, out number)) { return Wrong($"`{item}` is not a day of the month"); }
            days |= 1u << (int)number;
        }

        return days;
    });

    public static string DateText(uint seconds) =>
        DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    public static string DaytimeText(uint seconds) => $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}";

    public static string WeekdaysText(byte days) => string.Join(',', WeekdayNames.Where((_, i) => (days & 2 << i) != 0));

    public static string MonthdaysText(uint days) => string.Join(',', Enumerable.Range(1, 31).Where(day => (days & 1u << day) != 0));

    /// <summary>The items between commas; nothing stands behind a last comma.</summary>
    private static string[] DayList(string text)
    {
        var items = text.Split(',');
        return items[^1].Length == 0 ? items[..^1] : items;
    }

    /// <summary><c>strtoul</c> with base 10: 0 when there are no digits, and no number a clock or calendar has when it is too large.</summary>
    private static int TimePart(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart(" \t\n\v\f\r");
        if (rest is ['+', ..]) { rest = rest[1..]; }
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? rest : rest[..end];
        rest = rest[digits.Length..];
        return digits.IsEmpty ? 0 : int.TryParse(digits, NumberStyles.None, null, out var value) ? value : int.MaxValue;
    }

    private static WrongValue NotADate(string text) => Wrong($"`{text}` is not a date", "write YYYY[-MM[-DD[Thh[:mm[:ss]]]]], from 1970 to 2038");
}
