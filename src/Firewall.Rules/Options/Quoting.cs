using System.Buffers;
using System.Text;

namespace Firewall.Rules.Options;

/// <summary>Quoting of free text in iptables-save files, as <c>xtables_save_string</c> (libxtables/xtables.c) does it.</summary>
public static class Quoting
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>The text unchanged when it consists of letters, digits, <c>_</c> and <c>-</c>; else in double quotes with <c>" ' \</c> escaped.</summary>
    public static string Quote(string value)
    {
        if (value.Length > 0 && !value.AsSpan().ContainsAnyExcept(Plain)) { return value; }
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\'' or '\\') { text.Append('\\'); }
            text.Append(c);
        }

        return text.Append('"').ToString();
    }

    /// <summary>As <see cref="Quote"/>, but leaves every word alone that a reader takes apart the same way without quotes.</summary>
    public static string QuoteWord(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAny(" \t\"\\'") ? word : Quote(word);
}
