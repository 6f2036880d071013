using System.Buffers;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Syntax;

/// <summary>Guesses from a file's content whether it is for iptables or ip6tables.</summary>
public static class FamilyDetection
{
    private static readonly SearchValues<char> Dotted = SearchValues.Create("0123456789./,");

    private static readonly string[] Ipv6Signs =
    [
        "icmpv6", "ipv6-icmp", "icmp6", "ufw6-", "-m hl ", "-m hbh", "-m frag", "-m rt ", "-m ipv6header", "-m dst ", "-m eui64", "-m mh",
        "-m srh", "-j SNPT", "-j DNPT", "-j HL ",
    ];

    /// <summary>
    /// The first of these decides: the banner of <c>iptables-save</c> or <c>ip6tables-save</c>, or an address after <c>-s</c> or <c>-d</c>; else
    /// names that only IPv6 has; else IPv4.
    /// </summary>
    public static Family Detect(SourceText source)
    {
        var hasSign = false;
        foreach (var line in source.Text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith('#'))
            {
                if (line.Contains("ip6tables-save", StringComparison.Ordinal)) { return Family.IPv6; }
                if (line.Contains("iptables-save", StringComparison.Ordinal)) { return Family.IPv4; }
                continue;
            }

            if (line.TrimStart() is ['-', '4' or '6', ..]) { continue; }
            if (FamilyOfAddress(line) is { } family) { return family; }
            hasSign |= HasIpv6Sign(line);
        }

        return hasSign ? Family.IPv6 : Family.IPv4;
    }

    private static bool HasIpv6Sign(ReadOnlySpan<char> line)
    {
        foreach (var sign in Ipv6Signs)
        {
            if (line.Contains(sign, StringComparison.Ordinal)) { return true; }
        }

        return false;
    }

    private static Family? FamilyOfAddress(ReadOnlySpan<char> line)
    {
        var isAddress = false;
        foreach (var range in line.SplitAny(' ', '\t'))
        {
            var word = line[range];
            if (word.IsEmpty || word is "!") { continue; }
            if (isAddress)
            {
                if (word.Contains(':')) { return Family.IPv6; }
                if (word.Contains('.') && !word.ContainsAnyExcept(Dotted)) { return Family.IPv4; }
            }

            isAddress = word is "-s" or "-d" or "--source" or "--destination" or "--src" or "--dst";
        }

        return null;
    }
}
