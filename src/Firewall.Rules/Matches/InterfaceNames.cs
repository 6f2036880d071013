using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>Names of network devices in rules (<c>parse_interface</c> in iptables/xshared.c).</summary>
public static class InterfaceNames
{
    /// <summary><c>IFNAMSIZ</c> without its closing zero.</summary>
    public const int MaximumLength = 15;

    /// <summary>A name of 1 to 15 bytes; a <c>+</c> at its end stands for any rest.</summary>
    public static readonly ValueGrammar<string> Pattern = new("interface", 1, (words, _) => Read(words[0]));

    /// <summary>Whether no device can have the name: the kernel allows neither <c>/</c> nor blanks (<c>dev_valid_name</c>).</summary>
    public static bool IsOdd(string pattern) => pattern.AsSpan().ContainsAny("/ \t");

    /// <summary>A name as the kernel keeps it, 16 bytes filled up with zeros, as one big-endian number.</summary>
    public static UInt128 Number(string name)
    {
        UInt128 number = 0;
        for (var i = 0; i <= MaximumLength; i++) { number = number << 8 | (i < name.Length ? name[i] & 0xFFu : 0u); }
        return number;
    }

    internal static InterfaceTest Test(InterfaceDirection direction, string pattern, bool negated) => pattern.EndsWith('+')
        ? new(direction, pattern[..^1], IsPrefix: true, negated)
        : new(direction, pattern, IsPrefix: false, negated);

    private static ValueResult<string> Read(string text)
    {
        if (text.Length == 0) { return new WrongValue("an interface name is empty", "leave the condition out to match every interface"); }
        return text.Length <= MaximumLength ? text : new WrongValue($"the interface name `{text}` is longer than {MaximumLength} bytes", null);
    }
}
