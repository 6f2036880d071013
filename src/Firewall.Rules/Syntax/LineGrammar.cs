using System.Globalization;
using Pidgin;
using static Pidgin.Parser;
using static Pidgin.Parser<char>;

namespace Firewall.Rules.Syntax;

/// <summary>
/// The grammar of one line, in Pidgin; <c>grammar/iptables-save.ebnf</c> is its readable form. The words of a line are one parser
/// (<see cref="WordsParser"/>) and the kind of a line goes by its first character, because combinators that look at one character at a
/// time cost more than the rest of reading together.
/// </summary>
internal static class LineGrammar
{
    private static readonly Parser<char, WordShape[]> Words = new WordsParser();

    /// <summary>
    /// <c>[7:700]</c>. Like <c>tokenize_rule_counters</c> (iptables/xshared.c) it asks only for the brackets and the colon here; whether they hold
    /// numbers is the reader's business.
    /// </summary>
    private static readonly Parser<char, CountersShape> Counters = Char('[')
        .Then(Token(c => c != ']').ManyString())
        .Before(Char(']'))
        .Assert(text => text.Contains(':'), "a colon between packets and bytes")
        .Map(text => new CountersShape(text.Length + 2, PairOf(text)));

    private static readonly Parser<char, LineShape> Table =
        Char('*').Then(Words).Map<LineShape>(words => new TableShape(words.Length > 0 ? words[0] : default));

    private static readonly Parser<char, LineShape> Chain =
        Char(':').Then(Words).Map<LineShape>(words => new ChainShape(words));

    private static readonly Parser<char, LineShape> CountedCommand = Map<char, CountersShape, WordShape[], LineShape>(
        (counters, words) => new CommandShape(counters, words), Counters, Words);

    private static readonly Parser<char, LineShape> Command = Words.Map<LineShape>(words => new CommandShape(null, words));

    /// <summary>A line without the blanks before it and without its line end: table, chain or command.</summary>
    public static readonly Parser<char, LineShape> Line = new ByFirstCharacter<LineShape>(first => first switch
    {
        '*' => Table,
        ':' => Chain,
        '[' => CountedCommand,
        _ => Command,
    });

    /// <summary>Only a chain's <c>[7:700]</c>.</summary>
    public static readonly Parser<char, CountersShape> CountersOnly = Counters.Before(End);

    private static (ulong Packets, ulong Bytes)? PairOf(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return ulong.TryParse(text.AsSpan(0, colon), NumberStyles.None, null, out var packets)
            && ulong.TryParse(text.AsSpan(colon + 1), NumberStyles.None, null, out var bytes) ? (packets, bytes) : null;
    }

    /// <summary>Chooses a parser by the character it would meet first, without trying the others.</summary>
    private sealed class ByFirstCharacter<T>(Func<char, Parser<char, T>> choose) : Parser<char, T>
    {
        public override bool TryParse(ref ParseState<char> state, ref PooledList<Expected<char>> expecteds, out T result) =>
            choose(state.HasCurrent ? state.Current : ' ').TryParse(ref state, ref expecteds, out result!);
    }
}
