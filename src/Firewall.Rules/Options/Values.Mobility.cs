using System.Collections.Immutable;
using System.Globalization;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>Types of mobility headers by their names (RFC 6275, 6.1), in the order in which libip6t_mh.c looks for the beginning of one.</summary>
    private static readonly ImmutableArray<(string Name, string Short)> MobilityTypes =
    [
        ("binding-refresh-request", "brr"), ("home-test-init", "hoti"), ("careof-test-init", "coti"), ("home-test", "hot"),
        ("careof-test", "cot"), ("binding-update", "bu"), ("binding-acknowledgement", "ba"), ("binding-error", "be"),
    ];

    /// <summary>A type of mobility header or a range of them; a name may be cut short.</summary>
    public static readonly ValueGrammar<ValueRange> MobilityType = Word<ValueRange>("mobility-type", text =>
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        byte low = 0, high = byte.MaxValue;
        if (colon < 0)
        {
            return TryMobilityType(text, out low) ? new ValueRange(low, low) : NotAMobilityType(text);
        }

        var (from, to) = (text[..colon], text[(colon + 1)..]);
        if (from.Length > 0 && !TryMobilityType(from, out low)) { return NotAMobilityType(from); }
        if (to.Length > 0 && !TryMobilityType(to, out high)) { return NotAMobilityType(to); }
        return low <= high ? new ValueRange(low, high) : Wrong($"the range {text} is upside down", string.Create(CultureInfo.InvariantCulture, $"write {high}:{low}"));
    });

    private static bool TryMobilityType(string text, out byte type)
    {
        var isNumber = Numbers.TryParse(text, byte.MaxValue, out var number);
        var exact = MobilityTypes.FindIndex(t => text.Equals(t.Name, StringComparison.OrdinalIgnoreCase) || text.Equals(t.Short, StringComparison.OrdinalIgnoreCase));
        var beginning = MobilityTypes.FindIndex(t => t.Name.StartsWith(text, StringComparison.OrdinalIgnoreCase));
        var named = exact >= 0 ? exact : beginning;
        type = isNumber ? (byte)number : (byte)Math.Max(named, 0);
        return isNumber || named >= 0;
    }

    private static int FindIndex<T>(this ImmutableArray<T> items, Predicate<T> wanted)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (wanted(items[i])) { return i; }
        }

        return -1;
    }

    private static WrongValue NotAMobilityType(string text) =>
        Wrong($"`{text}` is not a type of mobility header", $"the types are {string.Join(' ', MobilityTypes.Select(t => t.Name))} and numbers up to 255");
}
