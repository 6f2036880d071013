using System.Buffers;
using Firewall.Rules.Diagnostics;
using Pidgin;

namespace Firewall.Rules.Syntax;

/// <summary>
/// The words from here to the end of the line, as <c>add_param_to_argv</c> (iptables/xshared.c) takes them apart: blanks separate them,
/// only <c>"</c> quotes, <c>\</c> escapes inside quotes, and a closing quote ends the word. Fails at a quote that is not closed.
/// </summary>
internal sealed class WordsParser : Parser<char, WordShape[]>
{
    private static readonly SearchValues<char> WordEnd = SearchValues.Create(" \t\"");

    private static readonly SearchValues<char> QuoteEnd = SearchValues.Create("\"\\");

    private static readonly Expected<char> ClosingQuote = new("closing quote");

    public override bool TryParse(ref ParseState<char> state, ref PooledList<Expected<char>> expecteds, out WordShape[] result)
    {
        var start = (int)state.Location;
        var line = state.LookAhead(int.MaxValue);
        Span<WordShape> room = stackalloc WordShape[32];
        var words = new Collected(room);
        for (var at = SkipBlanks(line, 0); at < line.Length; at = SkipBlanks(line, at))
        {
            var length = line[at..].IndexOfAny(WordEnd);
            var end = length < 0 ? line.Length : at + length;
            var quote = -1;
            if (end < line.Length && line[end] == '"')
            {
                quote = end;
                end = AfterClosingQuote(line, quote + 1);
                if (end < 0)
                {
                    state.SetError(Maybe.Nothing<char>(), false, start + quote, null);
                    expecteds.Add(ClosingQuote);
                    result = [];
                    return false;
                }
            }

            words.Add(new WordShape(TextSpan.FromTo(start + at, start + end), quote < 0 ? -1 : start + quote));
            at = end;
        }

        state.Advance(line.Length);
        result = words.ToArray();
        return true;
    }

    private static int SkipBlanks(ReadOnlySpan<char> line, int at)
    {
        while (at < line.Length && line[at] is ' ' or '\t') { at++; }
        return at;
    }

    /// <summary>Where the word ends that was quoted from <paramref name="at"/> on; -1 when nothing closes the quote.</summary>
    private static int AfterClosingQuote(ReadOnlySpan<char> line, int at)
    {
        while (at < line.Length && line[at..].IndexOfAny(QuoteEnd) is var next and >= 0)
        {
            at += next;
            if (line[at] == '"') { return at + 1; }
            at += 2;
        }

        return -1;
    }

    /// <summary>A list that begins on the stack.</summary>
    private ref struct Collected(Span<WordShape> room)
    {
        private Span<WordShape> _room = room;
        private int _count;

        public void Add(in WordShape word)
        {
            if (_count == _room.Length)
            {
                var larger = new WordShape[_count * 2];
                _room.CopyTo(larger);
                _room = larger;
            }

            _room[_count++] = word;
        }

        public readonly WordShape[] ToArray() => _room[.._count].ToArray();
    }
}
