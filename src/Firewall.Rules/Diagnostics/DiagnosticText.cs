using System.Globalization;
using System.Text;

namespace Firewall.Rules.Diagnostics;

/// <summary>Writes diagnostics for people: the message, the place, and the line with the words underlined.</summary>
public static class DiagnosticText
{
    /// <summary>How many characters of a line are shown at most; what lies outside is elided around the words meant.</summary>
    private const int Window = 120;

    /// <summary>Renders one diagnostic; lines end with <c>\n</c>.</summary>
    /// <param name="diagnostic">What to say.</param>
    /// <param name="source">The file it is about.</param>
    /// <param name="colours">Whether to use the terminal's colours (ECMA-48 sequences).</param>
    public static string Render(Diagnostic diagnostic, SourceText source, bool colours = false)
    {
        var paint = new Paint(colours);
        var text = new StringBuilder();
        var place = source.PositionOf(diagnostic.Primary.Start);
        var marks = diagnostic.Labels
            .Select(l => (Line: source.LineOf(l.Span.Start), l.Span, l.Text, IsPrimary: false))
            .Append((Line: place.Line, Span: diagnostic.Primary, Text: diagnostic.PrimaryLabel ?? "", IsPrimary: true))
            .OrderBy(m => m.Line).ThenBy(m => m.Span.Start).ToList();
        var gutter = marks.Max(m => m.Line).ToString(CultureInfo.InvariantCulture).Length;
        var margin = new string(' ', gutter);
        var level = diagnostic.IsError ? "error" : "warning";

        text.Append(paint.Level($"{level}[{diagnostic.Code}]", diagnostic.IsError)).Append(paint.Strong($": {Printable(SourceText.Readable(diagnostic.Message))}")).Append('\n');
        text.Append(margin).Append(paint.Edge("--> ")).Append(source.Name).Append($":{place.Line}:{place.Column}\n");
        text.Append(margin).Append(paint.Edge(" |")).Append('\n');
        var shown = 0;
        foreach (var mark in marks)
        {
            if (shown != 0 && mark.Line > shown) { text.Append(margin).Append(paint.Edge(" |")).Append('\n'); }
            AppendMarkedLine(text, source, mark.Line, mark.Span, mark.Text, mark.IsPrimary, diagnostic.IsError, mark.Line == shown, gutter, paint);
            shown = mark.Line;
        }

        if (diagnostic.Notes.Length > 0 || diagnostic.Help is not null) { text.Append(margin).Append(paint.Edge(" |")).Append('\n'); }
        foreach (var note in diagnostic.Notes) { AppendRemark(text, margin, "note", note, paint); }
        if (diagnostic.Help is { } help) { AppendRemark(text, margin, "help", help, paint); }
        return text.ToString();
    }

    private static void AppendRemark(StringBuilder text, string margin, string kind, string remark, Paint paint) =>
        text.Append(margin).Append(paint.Edge(" = ")).Append(paint.Strong($"{kind}:")).Append(' ').Append(Printable(SourceText.Readable(remark))).Append('\n');

    private static void AppendMarkedLine(
        StringBuilder text, SourceText source, int line, TextSpan span, string label, bool isPrimary, bool isError, bool isShown, int gutter, Paint paint)
    {
        var lineSpan = source.LineSpan(line);
        var start = Math.Clamp(span.Start, lineSpan.Start, lineSpan.End);
        var end = Math.Clamp(span.End, start, lineSpan.End);
        var before = Printable(source.Decode(TextSpan.FromTo(lineSpan.Start, start)));
        var marked = Printable(source.Decode(TextSpan.FromTo(start, end)));
        var after = Printable(source.Decode(TextSpan.FromTo(end, lineSpan.End)));
        (before, marked, after) = Elide(before, marked, after);
        var margin = new string(' ', gutter);
        if (!isShown)
        {
            text.Append(paint.Edge(line.ToString(CultureInfo.InvariantCulture).PadLeft(gutter) + " |")).Append(' ')
                .Append(before).Append(marked).Append(after).Append('\n');
        }

        var underline = new string(isPrimary ? '^' : '-', Math.Max(1, Width(marked)));
        text.Append(margin).Append(paint.Edge(" |")).Append(' ').Append(' ', Width(before))
            .Append(isPrimary ? paint.Level(underline, isError) : paint.Edge(underline));
        if (label.Length > 0) { text.Append(' ').Append(Printable(SourceText.Readable(label))); }
        text.Append('\n');
    }

    /// <summary>Keeps the words meant and what fits around them.</summary>
    private static (string Before, string Marked, string After) Elide(string before, string marked, string after)
    {
        if (before.Length + marked.Length + after.Length <= Window) { return (before, marked, after); }
        if (marked.Length > Window) { marked = string.Concat(marked.AsSpan(0, Window - 1), "…"); }
        var room = Window - marked.Length;
        var left = Math.Min(before.Length, Math.Max(room / 2, room - after.Length));
        if (before.Length > left) { before = string.Concat("…", before.AsSpan(before.Length - Math.Max(0, left - 1))); }
        var right = Math.Max(0, room - before.Length);
        if (after.Length > right) { after = string.Concat(after.AsSpan(0, Math.Max(0, right - 1)), "…"); }
        return (before, marked, after);
    }

    /// <summary>Tabs become one blank so that underlines stay below their words; other control characters become visible and harmless.</summary>
    private static string Printable(string text)
    {
        if (!text.Any(char.IsControl)) { return text; }
        return string.Concat(text.Select(c => c == '\t' ? ' ' : c < ' ' ? (char)(0x2400 + c) : char.IsControl(c) ? '\uFFFD' : c));
    }

    /// <summary>Columns on a terminal: one for each character people see, none for marks that combine with the one before.</summary>
    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    /// <summary>Colours as ECMA-48 sequences, or nothing.</summary>
    private readonly record struct Paint(bool IsOn)
    {
        public string Level(string text, bool isError) => Wrap(text, isError ? "1;31" : "1;33");

        public string Strong(string text) => Wrap(text, "1");

        public string Edge(string text) => Wrap(text, "1;34");

        private string Wrap(string text, string style) => IsOn ? $"\e[{style}m{text}\e[0m" : text;
    }
}
