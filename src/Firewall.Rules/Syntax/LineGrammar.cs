using System.Buffers;
using Firewall.Rules.Diagnostics;
using Pidgin;
using static Pidgin.Parser;
using static Pidgin.Parser<char>;

namespace Firewall.Rules.Syntax;

/// <summary>
/// The grammar of one line, in Pidgin; <c>grammar/iptables-save.ebnf</c> is its readable form. Words follow <c>add_param_to_argv</c>
/// (iptables/xshared.c): blanks separate them, only <c>"</c> quotes, <c>\</c> escapes inside quotes, and a closing quote ends the word.
/// </summary>
internal static class LineGrammar
{
    private static readonly SearchValues<char> WordEnd = SearchValues.Create(" \t\"");

    private static readonly SearchValues<char> QuoteEnd = SearchValues.Create("\"\\");

    private static readonly Parser<char, int> Blanks = new Run(span => CountWhile(span, c => c is ' ' or '\t'));

    private static readonly Parser<char, int> Plain = new Run(span => span.IndexOfAny(WordEnd) is var end && end < 0 ? span.Length : end, atLeast: 1);

    private static readonly Parser<char, int> Quoted =
        new Run(LengthToClosingQuote).Then(Char('"'), (length, _) => length).Labelled("closing quote");

    /// <summary><c>plain</c>, <c>"quoted"</c> or <c>plain"quoted"</c>.</summary>
    private static readonly Parser<char, WordShape> Word = OneOf(
        Map(
            (start, length, quote) => new WordShape(new TextSpan(start, length + (quote >= 0 ? quote + 2 : 0)), quote >= 0 ? start + length : -1),
            CurrentOffset,
            Plain,
            Char('"').Then(Quoted).Or(Return(-1))),
        Map(
            (start, length) => new WordShape(new TextSpan(start, length + 2), start),
            CurrentOffset,
            Char('"').Then(Quoted)));

    private static readonly Parser<char, WordShape[]> Words =
        Word.Before(Blanks).Many().Map(words => words.ToArray()).Before(End);

    private static readonly Parser<char, ulong> Number = Digit.AtLeastOnceString()
        .Assert(digits => ulong.TryParse(digits, out _), "a number below 2^64")
        .Map(ulong.Parse);

    private static readonly Parser<char, CountersShape> Counters = Map(
        (start, packets, bytes, end) => new CountersShape(TextSpan.FromTo(start, end), packets, bytes),
        CurrentOffset,
        Char('[').Then(Number),
        Char(':').Then(Number).Before(Char(']')),
        CurrentOffset).Labelled("counters");

    private static readonly Parser<char, LineShape> Table =
        Char('*').Then(Blanks).Then(Words).Map<LineShape>(words => new TableShape(words.Length > 0 ? words[0] : default));

    private static readonly Parser<char, LineShape> Chain =
        Char(':').Then(Blanks).Then(Words).Map<LineShape>(words => new ChainShape(words));

    private static readonly Parser<char, LineShape> Command = Map<char, CountersShape, WordShape[], LineShape>(
        (counters, words) => new CommandShape(counters.Span.Length > 0 ? counters : null, words),
        Counters.Or(Return(default(CountersShape))).Before(Blanks),
        Words);

    /// <summary>A line without the blanks before it and without its line end: table, chain or command.</summary>
    public static readonly Parser<char, LineShape> Line = OneOf(Table, Chain, Command);

    /// <summary>Only a chain's <c>[7:700]</c>.</summary>
    public static readonly Parser<char, CountersShape> CountersOnly = Counters.Before(End);

    private static int LengthToClosingQuote(ReadOnlySpan<char> text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var next = text[at..].IndexOfAny(QuoteEnd);
            if (next < 0) { return text.Length; }
            at += next;
            if (text[at] == '"') { return at; }
            at += 2;
        }

        return text.Length;
    }

    private static int CountWhile(ReadOnlySpan<char> span, Func<char, bool> accept)
    {
        var count = 0;
        while (count < span.Length && accept(span[count])) { count++; }
        return count;
    }

    /// <summary>Takes a stretch of characters at once; its result is how many. Char by char would cost more than everything else together.</summary>
    private sealed class Run(LengthOf length, int atLeast = 0) : Parser<char, int>
    {
        public override bool TryParse(ref ParseState<char> state, ref PooledList<Expected<char>> expecteds, out int result)
        {
            result = length(state.LookAhead(int.MaxValue / 4));
            if (result < atLeast)
            {
                state.SetError(state.HasCurrent ? Maybe.Just(state.Current) : Maybe.Nothing<char>(), !state.HasCurrent, state.Location, null);
                expecteds.Add(new Expected<char>("word"));
                return false;
            }

            state.Advance(result);
            return true;
        }
    }

    private delegate int LengthOf(ReadOnlySpan<char> ahead);
}
