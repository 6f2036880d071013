using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Options;

/// <summary>An IP set and what of a packet is looked up in it.</summary>
/// <param name="Set">Its name.</param>
/// <param name="Directions"><c>src</c> and <c>dst</c> between commas.</param>
public sealed record SetReference(string Set, string Directions)
{
    public override string ToString() => $"{Set} {Directions}";
}

public static partial class Values
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly ImmutableArray<(string Name, int Value)> LogLevels =
    [
        ("alert", 1), ("crit", 2), ("debug", 7), ("emerg", 0), ("error", 3), ("info", 6), ("notice", 5), ("panic", 0), ("warning", 4),
    ];

    private static readonly ImmutableArray<(string Name, byte Value)> TcpOptionNames =
        [("wscale", 3), ("mss", 2), ("sack-permitted", 4), ("sack", 5), ("timestamp", 8), ("md5", 19)];

    private static readonly ImmutableArray<(string Name, HmarkFields Value)> HmarkNames =
    [
        ("src", HmarkFields.Source), ("dst", HmarkFields.Destination), ("sport", HmarkFields.SourcePort), ("dport", HmarkFields.DestinationPort),
        ("spi", HmarkFields.Spi), ("proto", HmarkFields.Protocol), ("ct", HmarkFields.Connection),
    ];

    /// <summary>What REJECT answers; a beginning of a name is enough.</summary>
    public static readonly ValueGrammar<RejectWith> RejectAnswer = Word<RejectWith>("reject-answer", (text, context) =>
        RejectWith.Find(context.Family, text) is { } answer
            ? answer
            : Wrong($"`{text}` is no answer of REJECT", $"the answers are {string.Join(' ', RejectWith.Of(context.Family).Select(a => a.Name))}"));

    /// <summary>A syslog severity, as number or name (<c>xtables</c> knows the old name panic, and no abbreviations).</summary>
    public static readonly ValueGrammar<int> LogLevel = Word<int>("log-level", text =>
        Numbers.TryParse(text, 7, out var number) ? (int)number
        : LogLevels.FirstOrDefault(l => l.Name == text) is { Name: not null } level ? level.Value
        : Wrong($"`{text}` is not a log level", $"write a number up to 7 or one of {Names(LogLevels)}"));

    /// <summary>
    /// A class of queueing, <c>MAJOR:MINOR</c>, as <c>sscanf("%x:%x")</c> reads it: hexadecimal, only the lowest 16 bits of each count, and what
    /// follows is not looked at.
    /// </summary>
    public static readonly ValueGrammar<uint> QueueClass = Word<uint>("queue-class", text =>
    {
        var rest = text.AsSpan();
        if (TryScanHex(ref rest, out var major) && rest is [':', ..])
        {
            rest = rest[1..];
            if (TryScanHex(ref rest, out var minor)) { return (uint)major << 16 | minor; }
        }

        return Wrong($"`{text}` is not a class", "a class is two hexadecimal numbers, MAJOR:MINOR");
    });

    /// <summary>TCP options by name or number between commas, each once; 0 and 1 cannot be named. Sorted.</summary>
    public static readonly ValueGrammar<EquatableArray<byte>> TcpOptionList = Word<EquatableArray<byte>>("tcp-option-list", text =>
    {
        var kinds = new SortedSet<byte>();
        foreach (var item in text.Split(','))
        {
            var named = TcpOptionNames.FirstOrDefault(o => o.Name == item);
            ulong kind = named.Value;
            if (named.Name is null && !Numbers.TryParse(item, byte.MaxValue, out kind)) { return Wrong($"`{item}` is not a TCP option", $"write numbers or {Names(TcpOptionNames)}"); }
            if (kind < 2) { return Wrong($"the TCP option {kind} cannot be removed"); }
            if (!kinds.Add((byte)kind)) { return Wrong($"the TCP option `{item}` is given twice"); }
        }

        return new EquatableArray<byte>([.. kinds]);
    });

    /// <summary>Queues of NFQUEUE, <c>0:3</c>; at least two, and not all that there are.</summary>
    public static readonly ValueGrammar<(ushort First, ushort Last)> QueueRange = Word<(ushort First, ushort Last)>("queue-range", text =>
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        ulong first = 0, last = ushort.MaxValue;
        if (colon < 0
            || (colon > 0 && !Numbers.TryParse(text.AsSpan(0, colon), ushort.MaxValue, out first))
            || (colon + 1 < text.Length && !Numbers.TryParse(text.AsSpan(colon + 1), ushort.MaxValue, out last)))
        {
            return Wrong($"`{text}` is not a range of queues", "write FIRST:LAST, each at most 65535");
        }

        if (first >= last) { return Wrong($"the range of queues {text} does not go upwards"); }
        return last - first == ushort.MaxValue ? Wrong("all 65536 queues are more than the kernel counts") : ((ushort)first, (ushort)last);
    });

    /// <summary>A time in microseconds: a number with s, sec, secs, ms, msec, msecs, us, usec or usecs behind, or nothing for microseconds.</summary>
    public static readonly ValueGrammar<uint> Microseconds = Word<uint>("microseconds", text =>
    {
        var number = text.AsSpan().TrimStart();
        var end = number.LastIndexOfAny(NumberCharacters) + 1;
        double unit = number[end..].ToString().ToUpperInvariant() switch
        {
            "" or "US" or "USEC" or "USECS" => 1,
            "MS" or "MSEC" or "MSECS" => 1_000,
            "S" or "SEC" or "SECS" => 1_000_000,
            _ => 0,
        };
        return unit != 0 && double.TryParse(number[..end], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? unchecked((uint)(ulong)(value * unit))
            : Wrong($"`{text}` is not a time", "write a number with s, ms or us");
    });

    /// <summary>Text of at least one and at most so many bytes; what is longer is cut, as iptables does.</summary>
    public static ValueGrammar<string> CutText(int longest, int shortest = 1) => Word<string>("text", text =>
        text.Length < shortest ? Wrong("the text is empty") : text.Length <= longest ? text : text[..longest]);

    /// <summary>A word that is one of a list, in any case.</summary>
    public static ValueGrammar<string> Choice(string name, params ImmutableArray<string> words) => Word<string>(name, text =>
        words.FirstOrDefault(w => w.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } word
            ? word
            : Wrong($"`{text}` is not one of {string.Join(' ', words)}"));

    /// <summary>Milliseconds, or <c>inf</c> (with anything behind) for ever.</summary>
    public static readonly ValueGrammar<uint> LedDelay = Word<uint>("led-delay", text =>
        text.StartsWith("inf", StringComparison.OrdinalIgnoreCase) ? uint.MaxValue
        : Numbers.TryParse(text, uint.MaxValue, out var number) ? (uint)number
        : Wrong($"`{text}` is not a number of milliseconds, and not inf"));

    /// <summary>A port or service as <c>getaddrinfo</c> reads it, see <see cref="ResolvedPorts"/>.</summary>
    public static readonly ValueGrammar<ushort> ResolvedPort = Word<ushort>("resolved-port", text =>
        text.Length == 0 ? (ushort)0 : TryResolvePort(text, out var port) ? port : NotAnyPort(text));

    /// <summary>Two words: an IP set, and which addresses and ports of a packet are looked up in it, one for each part of its entries.</summary>
    public static readonly ValueGrammar<SetReference> SetReference = new("set-reference", 2, (words, _) =>
    {
        const int LongestName = 31, MostDirections = 6;
        if (words[0].Length is 0 or > LongestName) { return Wrong($"`{words[0]}` cannot be the name of a set", $"a name has 1 to {LongestName} bytes"); }
        var directions = words[1].Split(',');
        if (directions.Any(d => d is not ("src" or "dst"))) { return Wrong($"`{words[1]}` is not a list of src and dst"); }
        return directions.Length <= MostDirections ? new SetReference(words[0], words[1]) : Wrong($"more than {MostDirections} of src and dst");
    });

    /// <summary>Fields of HMARK between commas.</summary>
    public static readonly ValueGrammar<HmarkFields> HmarkTuple = Word<HmarkFields>("hmark-tuple", text =>
    {
        var fields = HmarkFields.None;
        foreach (var item in text.Split(','))
        {
            if (Named(HmarkNames, item) is not { } field) { return Wrong($"`{item}` is not a field", $"the fields are {Names(HmarkNames)}"); }
            fields |= field;
        }

        return fields;
    });

    private static bool TryScanHex(ref ReadOnlySpan<char> text, out ushort value)
    {
        var rest = text.TrimStart(" \t\n\v\f\r");
        var isNegative = rest is ['-', ..];
        if (rest is ['-' or '+', ..]) { rest = rest[1..]; }
        if (rest is ['0', 'x' or 'X', var digit, ..] && char.IsAsciiHexDigit(digit)) { rest = rest[2..]; }
        var length = 0;
        value = 0;
        for (; length < rest.Length && char.IsAsciiHexDigit(rest[length]); length++) { value = (ushort)(value << 4 | Convert.ToInt32(rest[length].ToString(), 16)); }
        if (isNegative) { value = (ushort)-value; }
        text = rest[length..];
        return length > 0;
    }
}
