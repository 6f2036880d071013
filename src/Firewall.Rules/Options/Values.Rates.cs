using System.Collections.Immutable;
using System.Globalization;

namespace Firewall.Rules.Options;

/// <summary>A rate of packets.</summary>
/// <param name="Period">From one packet to the next, in parts of a second as the module's scale says.</param>
/// <param name="Unit">Seconds of the unit in which it was written.</param>
public readonly record struct PacketRate(ulong Period, uint Unit);

/// <summary>A rate of hashlimit.</summary>
/// <param name="Average">A period in microseconds, or the cost of 16 bytes in the kernel's measure.</param>
/// <param name="Unit">Seconds of the unit in which it was written; 0 for bytes.</param>
public readonly record struct HashRate(ulong Average, uint Unit)
{
    public bool IsBytes => Unit == 0;
}

/// <summary>What packets are told apart by, in the order in which iptables-save prints it.</summary>
[Flags]
public enum HashFields
{
    None = 0,
    SourceAddress = 1,
    SourcePort = 2,
    DestinationAddress = 4,
    DestinationPort = 8,
}

public static partial class Values
{
    /// <summary>Parts of a second in which limit (<c>XT_LIMIT_SCALE</c>) and hashlimit (<c>XT_HASHLIMIT_SCALE_v2</c>) keep a period.</summary>
    public const uint LimitScale = 10_000, HashlimitScale = 1_000_000;

    private static readonly ImmutableArray<(string Name, string Printed, uint Seconds)> RateUnits =
        [("day", "day", 86_400), ("hour", "hour", 3_600), ("minute", "min", 60), ("second", "sec", 1)];

    private static readonly ImmutableArray<(string Name, ulong Bytes)> ByteUnits = [("m", 1 << 20), ("k", 1 << 10), ("", 1)];

    private static readonly ImmutableArray<(string Name, HashFields Value)> HashFieldNames =
    [
        ("srcip", HashFields.SourceAddress), ("srcport", HashFields.SourcePort), ("dstip", HashFields.DestinationAddress), ("dstport", HashFields.DestinationPort),
    ];

    /// <summary>
    /// Packets in a unit of time, <c>10/sec</c>, <c>3/h</c>, <c>5</c>. What follows the digits up to the slash is ignored, and numbers lose all but their lowest 32 bits.
    /// </summary>
    public static readonly ValueGrammar<PacketRate> LimitRate = Word<PacketRate>("rate", text => ReadRate(text, (uint)LeadingNumber(text), LimitScale));

    /// <summary>As <see cref="LimitRate"/>, or bytes a second: <c>512kb/s</c>.</summary>
    public static readonly ValueGrammar<HashRate> HashlimitRate = Word<HashRate>("hash-rate", text =>
    {
        if (text.Contains("b/s", StringComparison.Ordinal))
        {
            var factor = text.Contains("kb/s", StringComparison.Ordinal) ? 1ul << 10 : text.Contains("mb/s", StringComparison.Ordinal) ? 1ul << 20 : 1;
            return LeadingNumber(text) is > 0 and var number and <= long.MaxValue
                ? new HashRate(ByteCost(number * factor), 0)
                : Wrong($"`{text}` is not a rate above zero");
        }

        var rate = ReadRate(text, LeadingNumber(text), HashlimitScale);
        return rate.IsError ? Wrong(rate.Error!, rate.Help) : new HashRate(rate.Value.Period, rate.Value.Unit);
    });

    /// <summary>A number of at most a million, or any number with a unit, <c>k</c>, <c>m</c> or whatever else follows it.</summary>
    public static readonly ValueGrammar<ulong> HashlimitBurst = Word<ulong>("hash-burst", text =>
    {
        ReadOnlySpan<char> rest = text;
        if (!Numbers.TryRead(ref rest, out var number) || number == 0 || (rest.IsEmpty && number > 1_000_000)) { return Wrong($"`{text}` is not a burst"); }
        return number * (rest is ['m', ..] ? 1ul << 20 : rest is ['k', ..] ? 1ul << 10 : 1);
    });

    /// <summary>Names of what packets are told apart by, between commas or bars.</summary>
    public static readonly ValueGrammar<HashFields> HashlimitMode = Word<HashFields>("hash-mode", text =>
    {
        var fields = HashFields.None;
        foreach (var item in text.Split([',', '|'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (HashFieldNames.FirstOrDefault(n => n.Name == item) is not { Name: not null } found) { return Wrong($"`{item}` is not one of {Names(HashFieldNames)}"); }
            fields |= found.Value;
        }

        return fields;
    });

    /// <summary>Whole seconds above zero; what follows the digits is ignored.</summary>
    public static readonly ValueGrammar<uint> HashlimitInterval = Word<uint>("number", text =>
        LeadingNumber(text) is > 0 and var number and <= int.MaxValue ? (uint)number : Wrong($"`{text}` is not a number of seconds above zero"));

    /// <summary>
    /// The rate as iptables-save prints it, and the unit that it chose, in seconds: the smallest in which the rate is still nearly whole (libxt_limit.c, <c>print_rate</c>).
    /// </summary>
    public static (string Text, uint Unit) RateText(ulong period, uint scale)
    {
        var chosen = RateUnits[0];
        foreach (var unit in RateUnits.AsSpan()[1..])
        {
            var inUnit = (ulong)unit.Seconds * scale;
            if (period > inUnit || inUnit / period < inUnit % period) { break; }
            chosen = unit;
        }

        return ($"{(ulong)chosen.Seconds * scale / period}/{chosen.Printed}", chosen.Seconds);
    }

    /// <summary>Bytes a second as iptables-save prints them: in the largest unit that loses nothing by the kernel's measure.</summary>
    public static string ByteRateText(ulong cost)
    {
        var bytes = BytesOfCost(cost);
        foreach (var (name, unit) in ByteUnits)
        {
            if (unit == 1 || (bytes >= unit && ByteCost(bytes & (uint)-(long)unit) == cost)) { return $"{bytes / unit}{name}b/s"; }
        }

        return "";
    }

    /// <summary>A number of bytes in the largest unit that it reaches, rounded down.</summary>
    public static string BytesText(ulong bytes)
    {
        var (name, unit) = ByteUnits.First(u => u.Bytes == 1 || bytes >= u.Bytes);
        return $"{bytes / unit}{name}b";
    }

    /// <summary>Names as iptables-save prints them.</summary>
    public static string HashlimitModeText(HashFields fields) => string.Join(',', HashFieldNames.Where(n => fields.HasFlag(n.Value)).Select(n => n.Name));

    /// <summary>The kernel's measure of a rate of bytes: what 16 of them cost when a second gives 2^32 (libxt_hashlimit.c, <c>bytes_to_cost</c>).</summary>
    public static ulong ByteCost(ulong bytes) => uint.MaxValue / ((ulong)(uint)(bytes >> 4) + 1);

    /// <summary>The reverse of <see cref="ByteCost"/>.</summary>
    public static ulong BytesOfCost(ulong cost) => (uint.MaxValue / cost - 1) << 4;

    private static ValueResult<PacketRate> ReadRate(string text, ulong number, uint scale)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var unit = RateUnits[^1];
        if (slash >= 0)
        {
            var written = text[(slash + 1)..];
            unit = RateUnits.FirstOrDefault(u => written.Length > 0 && u.Name.StartsWith(written, StringComparison.OrdinalIgnoreCase));
            if (unit.Name is null) { return Wrong($"`{written}` is not a unit of time", "the units are second, minute, hour and day"); }
        }

        if (number == 0) { return Wrong($"`{text}` is not a rate above zero"); }
        var period = (ulong)scale * unit.Seconds / number;
        return number / unit.Seconds > scale || period == 0 ? Wrong($"{text} is too fast", $"the fastest rate is {scale}/sec") : new PacketRate(period, unit.Seconds);
    }

    /// <summary><c>strtol</c>, with its sign in two's complement; 0 when there are no digits.</summary>
    private static ulong LeadingNumber(string text)
    {
        var rest = text.AsSpan().TrimStart(" \t\n\v\f\r");
        var isNegative = rest is ['-', ..];
        if (rest is ['-' or '+', ..]) { rest = rest[1..]; }
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? rest : rest[..end];
        if (digits.IsEmpty) { return 0; }
        var number = ulong.TryParse(digits, NumberStyles.None, null, out var value) && value <= long.MaxValue ? value : long.MaxValue;
        return isNegative ? (ulong)-(long)number : number;
    }
}
