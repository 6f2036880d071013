using System.Globalization;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>A probability from 0 to 1, as the nearest multiple of 2^-31 (<c>XTTYPE_DOUBLE</c>).</summary>
    public static readonly ValueGrammar<uint> Probability = Word<uint>("probability", text =>
        double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1
            ? (uint)Math.Round(value * 0x8000_0000, MidpointRounding.AwayFromZero)
            : Wrong($"`{text}` is not a probability from 0 to 1"));

    /// <summary>The probability as iptables-save prints it, with eleven decimals.</summary>
    public static string ProbabilityText(uint probability) => (probability / (double)0x8000_0000).ToString("F11", CultureInfo.InvariantCulture);
}
