namespace Firewall.Rules.Names;

/// <summary>Unsigned numbers as <c>xtables_strtoui</c> (libxtables/xtables.c) reads them: decimal, <c>0x</c> hexadecimal, leading-zero octal.</summary>
public static class Numeral
{
    /// <summary>Whether the whole text is a number from 0 to <paramref name="maximum"/>. Leading blanks and one <c>+</c> are allowed, as strtoul allows them.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, uint maximum, out uint value)
    {
        value = 0;
        text = text.TrimStart(" \t");
        if (text.StartsWith('+')) { text = text[1..]; }
        if (text.IsEmpty) { return false; }
        var radix = 10u;
        if (text[0] == '0' && text.Length > 1)
        {
            radix = text[1] is 'x' or 'X' ? 16u : 8u;
            text = text[(radix == 16 ? 2 : 1)..];
            if (text.IsEmpty) { return false; }
        }

        ulong number = 0;
        foreach (var c in text)
        {
            var digit = DigitOf(c);
            if (digit >= radix) { return false; }
            number = (number * radix) + digit;
            if (number > maximum) { return false; }
        }

        value = (uint)number;
        return true;
    }

    private static uint DigitOf(char c) => c switch
    {
        >= '0' and <= '9' => (uint)(c - '0'),
        >= 'a' and <= 'f' => (uint)(c - 'a') + 10,
        >= 'A' and <= 'F' => (uint)(c - 'A') + 10,
        _ => uint.MaxValue,
    };
}
