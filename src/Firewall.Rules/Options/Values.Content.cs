namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>Most bytes of a pattern (<c>XT_STRING_MAX_PATTERN_SIZE</c>).</summary>
    private const int LongestPattern = 128;

    /// <summary>A pattern taken byte for byte.</summary>
    public static readonly ValueGrammar<EquatableArray<byte>> Pattern = Word<EquatableArray<byte>>("pattern", text =>
        text.Length switch
        {
            0 => Wrong("an empty pattern is found nowhere"),
            > LongestPattern => Wrong($"the pattern is longer than {LongestPattern} bytes"),
            _ => new EquatableArray<byte>([.. text.Select(c => (byte)c)]),
        });

    /// <summary>
    /// A pattern in which <c>|0d 0a|</c> gives bytes by their hexadecimal digits and <c>\</c> takes the next character as it is (libxt_string.c,
    /// <c>parse_hex_string</c>). The character behind a closing <c>|</c> is always taken as it is.
    /// </summary>
    public static readonly ValueGrammar<EquatableArray<byte>> HexPattern = Word<EquatableArray<byte>>("hex-pattern", text =>
    {
        var bytes = new List<byte>();
        var isHex = false;
        for (var at = 0; at < text.Length;)
        {
            if (bytes.Count == LongestPattern) { return Wrong($"the pattern is longer than {LongestPattern} bytes"); }
            if (text[at] == '\\')
            {
                if (isHex) { return Wrong("`\\` stands between hexadecimal digits"); }
                if (at + 1 == text.Length) { return Wrong("nothing follows the last `\\`"); }
                bytes.Add((byte)text[at + 1]);
                at += 2;
                continue;
            }

            if (text[at] == '|')
            {
                isHex = !isHex;
                at++;
                while (isHex && at < text.Length && text[at] == ' ') { at++; }
                if (at == text.Length) { break; }
            }

            if (!isHex)
            {
                bytes.Add((byte)text[at++]);
                continue;
            }

            if (at + 2 >= text.Length) { return Wrong("the hexadecimal digits do not end with `|`"); }
            if (!char.IsAsciiHexDigit(text[at]) || !char.IsAsciiHexDigit(text[at + 1])) { return Wrong($"`{text.AsSpan(at, 2)}` is not a byte in hexadecimal digits"); }
            bytes.Add(Convert.FromHexString(text.AsSpan(at, 2))[0]);
            at += text[at + 2] == ' ' ? 3 : 2;
        }

        return bytes.Count > 0 ? new EquatableArray<byte>([.. bytes]) : Wrong("an empty pattern is found nowhere");
    });

    /// <summary>An algorithm of the kernel's textsearch.</summary>
    public static readonly ValueGrammar<string> SearchAlgorithm = Word<string>("search-algorithm", text =>
        text is "bm" or "kmp" ? text : Wrong($"`{text}` is not an algorithm", "the algorithms are bm and kmp, and find the same"));
}
