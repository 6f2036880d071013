using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>
/// The value grammars that modules share, one idea a file. Each is named after its nonterminal in <c>grammar/values.ebnf</c>.
/// </summary>
public static partial class Values
{
    /// <summary>A number from <paramref name="minimum"/> to <paramref name="maximum"/>.</summary>
    public static ValueGrammar<uint> Number(uint maximum, uint minimum = 0) => Word<uint>("number", text =>
        Numbers.TryParse(text, maximum, out var value) && value >= minimum
            ? (uint)value
            : Wrong($"`{text}` is not a number from {minimum} to {maximum}"));

    /// <summary>A number of 64 bits.</summary>
    public static readonly ValueGrammar<ulong> LongNumber = Word<ulong>("number", text =>
        Numbers.TryParse(text, ulong.MaxValue, out var value) ? value : Wrong($"`{text}` is not a number from 0 to {ulong.MaxValue}"));

    /// <summary>
    /// A number or an inclusive range with open ends, as <c>XTTYPE_UINT32RC</c>: <c>40</c>, <c>40:60</c>, <c>:60</c>, <c>40:</c>. A reversed
    /// range is a value too: it contains nothing.
    /// </summary>
    public static ValueGrammar<ValueRange> Range(uint maximum) => Word<ValueRange>("number-range", text =>
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (low, high) = colon < 0 ? (text, text) : (text[..colon], text[(colon + 1)..]);
        ulong from = 0, to = colon < 0 ? 0 : maximum;
        if (low.Length > 0 && !Numbers.TryParse(low, maximum, out from)) { return NotInRange(low, maximum); }
        if (high.Length > 0 && !Numbers.TryParse(high, maximum, out to)) { return NotInRange(high, maximum); }
        return new ValueRange(from, to);
    });

    /// <summary>One of a few names, exactly; the value is its place among them.</summary>
    public static ValueGrammar<int> OneOf(string name, IReadOnlyList<string> names) => Word<int>(name, text =>
        names.ToList().IndexOf(text) is >= 0 and var place ? place : Wrong($"`{text}` is not one of {string.Join(", ", names)}"));

    /// <summary>Any text.</summary>
    public static readonly ValueGrammar<string> FreeText = Word<string>("text", text => text);

    /// <summary>A range as iptables-save prints it: one number when both ends agree.</summary>
    public static string Text(UInt128 low, UInt128 high) => low == high ? low.ToString() : $"{low}:{high}";

    /// <inheritdoc cref="Text(UInt128, UInt128)"/>
    public static string Text(ValueRange range) => Text(range.Low, range.High);

    private static ValueGrammar<T> Word<T>(string name, Func<string, ValueResult<T>> read) => new(name, 1, (words, _) => read(words[0]));

    private static ValueGrammar<T> Word<T>(string name, Func<string, ValueContext, ValueResult<T>> read) =>
        new(name, 1, (words, context) => read(words[0], context));

    private static WrongValue Wrong(string error, string? help = null) => new(error, help);

    private static WrongValue NotInRange(string text, uint maximum) => Wrong($"`{text}` is not a number from 0 to {maximum}");
}
