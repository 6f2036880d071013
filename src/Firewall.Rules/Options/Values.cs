using System.Globalization;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>The value grammars that modules share. Each is named after its nonterminal in <c>grammar/values.ebnf</c>.</summary>
public static class Values
{
    /// <summary>A number or an inclusive range with open ends: <c>40</c>, <c>40:60</c>, <c>:60</c>, <c>40:</c>.</summary>
    public static ValueGrammar<ValueRange> Range(uint maximum) => throw new NotSupportedException(maximum.ToString(CultureInfo.InvariantCulture));

    /// <summary>A range as iptables-save prints it: one number when both ends agree.</summary>
    public static string Text(UInt128 low, UInt128 high) =>
        low == high ? low.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{low}:{high}");
}
