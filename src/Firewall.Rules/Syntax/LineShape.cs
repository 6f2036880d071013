using Firewall.Rules.Diagnostics;

namespace Firewall.Rules.Syntax;

/// <summary>A word as the line grammar found it; its text is made only where it is needed.</summary>
/// <param name="Span">Where it stands in the line, quotes included.</param>
/// <param name="QuoteAt">Offset of its opening quote in the line; -1 when it has none.</param>
internal readonly record struct WordShape(TextSpan Span, int QuoteAt)
{
    public bool IsQuoted => QuoteAt >= 0;

    /// <summary>Where the text lies that equals the word when nothing in it is escaped or glued to a quote.</summary>
    private TextSpan Inside => QuoteAt < 0 ? Span : TextSpan.FromTo(QuoteAt + 1, Span.End - 1);

    /// <summary>The word's text as <c>iptables-restore</c> would pass it on: quotes taken off, escapes resolved.</summary>
    public ReadOnlySpan<char> TextIn(ReadOnlySpan<char> line)
    {
        var inside = line.Slice(Inside.Start, Inside.Length);
        return QuoteAt < 0 || (QuoteAt == Span.Start && !inside.Contains('\\')) ? inside : Unquote(line[Span.Start..QuoteAt], inside);
    }

    private static string Unquote(ReadOnlySpan<char> before, ReadOnlySpan<char> quoted)
    {
        var text = new System.Text.StringBuilder(before.Length + quoted.Length).Append(before);
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] == '\\') { i++; }
            text.Append(quoted[i]);
        }

        return text.ToString();
    }
}

/// <summary>Packets and bytes as text: <c>[7:700]</c>.</summary>
internal readonly record struct CountersShape(ulong Packets, ulong Bytes);

/// <summary>What the line grammar makes of one line.</summary>
internal abstract record LineShape;

/// <summary><c>*filter</c>.</summary>
internal sealed record TableShape(WordShape Name) : LineShape;

/// <summary><c>:INPUT DROP [7:700]</c>; the words after the name may be missing, which the reader complains about.</summary>
internal sealed record ChainShape(WordShape[] Words) : LineShape;

/// <summary><c>[3:300] -A INPUT …</c>.</summary>
internal sealed record CommandShape(CountersShape? Counters, WordShape[] Words) : LineShape;
