using System.Collections.Immutable;
using System.Text;

namespace Firewall.Rules.Diagnostics;

/// <summary>A place for people: both count from 1, columns in characters (a UTF-8 sequence is one).</summary>
public readonly record struct LinePosition(int Line, int Column);

/// <summary>A file as it was read, with its lines. Immutable.</summary>
public sealed class SourceText
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Lazy<string> _text;
    private readonly Lazy<ImmutableArray<int>> _lineStarts;

    /// <summary>Wraps bytes already read.</summary>
    /// <param name="name">What messages call it: the path as the user wrote it, or <c>&lt;stdin&gt;</c>.</param>
    /// <param name="bytes">The whole content; not copied.</param>
    public SourceText(string name, ReadOnlyMemory<byte> bytes)
    {
        Name = name;
        _bytes = bytes;
        _text = new(() => Encoding.Latin1.GetString(_bytes.Span));
        _lineStarts = new(FindLineStarts);
    }

    public string Name { get; }

    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>One char per byte (Latin-1), so that offsets are bytes and bytes that are not UTF-8 survive.</summary>
    public string Text => _text.Value;

    /// <summary>Offset of the first byte of each line; a line ends with <c>\n</c>.</summary>
    public ImmutableArray<int> LineStarts => _lineStarts.Value;

    /// <summary>Text given by tests and examples, encoded as UTF-8.</summary>
    public static SourceText From(string text, string name = "rules.txt") => new(name, Encoding.UTF8.GetBytes(text));

    /// <summary>The line (from 1) that holds the byte at <paramref name="offset"/>.</summary>
    public int LineOf(int offset)
    {
        var index = LineStarts.AsSpan().BinarySearch(offset);
        return index >= 0 ? index + 1 : ~index;
    }

    /// <summary>Line and column of the byte at <paramref name="offset"/>.</summary>
    public LinePosition PositionOf(int offset)
    {
        var line = LineOf(offset);
        var start = LineStarts[line - 1];
        return new(line, CountCharacters(Bytes[start..Math.Min(offset, Length)]) + 1);
    }

    /// <summary>The bytes of a line (from 1) without its line end.</summary>
    public TextSpan LineSpan(int line)
    {
        var start = LineStarts[line - 1];
        var end = line < LineStarts.Length ? LineStarts[line] - 1 : Length;
        if (end > start && Bytes[end - 1] == '\r') { end--; }
        return TextSpan.FromTo(start, end);
    }

    /// <summary>The bytes of <paramref name="span"/> as people read them: UTF-8, with U+FFFD for what is not.</summary>
    public string Decode(TextSpan span) => Encoding.UTF8.GetString(Bytes.Slice(span.Start, span.Length));

    /// <summary>
    /// Makes a message readable that quotes words of the file: its runs of chars from U+0080 to U+00FF are bytes (see <see cref="Text"/>),
    /// and are read as UTF-8.
    /// </summary>
    public static string Readable(string message)
    {
        if (!message.AsSpan().ContainsAnyInRange('\x80', '\xFF')) { return message; }
        var text = new StringBuilder(message.Length);
        for (var at = 0; at < message.Length;)
        {
            var rest = message.AsSpan(at);
            var plain = rest.IndexOfAnyInRange('\x80', '\xFF') is var next and >= 0 ? next : rest.Length;
            var quoted = rest[plain..].IndexOfAnyExceptInRange('\x80', '\xFF') is var end and >= 0 ? end : rest.Length - plain;
            text.Append(rest[..plain]).Append(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(message, at + plain, quoted)));
            at += plain + quoted;
        }

        return text.ToString();
    }

    private static int CountCharacters(ReadOnlySpan<byte> utf8)
    {
        var count = 0;
        foreach (var b in utf8)
        {
            if ((b & 0xC0) != 0x80) { count++; }
        }

        return count;
    }

    private ImmutableArray<int> FindLineStarts()
    {
        var starts = ImmutableArray.CreateBuilder<int>();
        starts.Add(0);
        var bytes = Bytes;
        for (var at = 0; at < bytes.Length;)
        {
            var end = bytes[at..].IndexOf((byte)'\n');
            if (end < 0) { break; }
            at += end + 1;
            starts.Add(at);
        }

        return starts.ToImmutable();
    }
}
