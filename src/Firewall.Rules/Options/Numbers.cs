namespace Firewall.Rules.Options;

/// <summary>Numbers as <c>xtables_strtoui</c> (libxtables/xtables.c) reads them: decimal, <c>0x</c> hexadecimal, <c>0</c> octal, never negative.</summary>
internal static class Numbers
{
    /// <summary>Reads a number that is the whole text and at most <paramref name="maximum"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, ulong maximum, out ulong value) =>
        TryRead(ref text, out value) && text.IsEmpty && value <= maximum;

    /// <summary>Reads a number at the start of the text as <c>strtoul</c> with base 0 does, and moves behind it.</summary>
    public static bool TryRead(ref ReadOnlySpan<char> text, out ulong value)
    {
        var rest = text.TrimStart(" \t\n\v\f\r");
        if (rest is ['+', ..]) { rest = rest[1..]; }
        var radix = 10u;
        if (rest is ['0', 'x' or 'X', var digit, ..] && char.IsAsciiHexDigit(digit))
        {
            radix = 16;
            rest = rest[2..];
        }
        else if (rest is ['0', ..])
        {
            radix = 8;
        }

        value = 0;
        var length = 0;
        for (; length < rest.Length && Digit(rest[length]) is var next && next < radix; length++)
        {
            if (value > (ulong.MaxValue - next) / radix) { return false; }
            value = value * radix + next;
        }

        if (length == 0) { return false; }
        text = rest[length..];
        return true;
    }

    private static uint Digit(char c) => c switch
    {
        >= '0' and <= '9' => (uint)(c - '0'),
        >= 'a' and <= 'f' => (uint)(c - 'a' + 10),
        >= 'A' and <= 'F' => (uint)(c - 'A' + 10),
        _ => uint.MaxValue,
    };
}
