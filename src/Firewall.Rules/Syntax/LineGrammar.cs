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

    private static readonly Parser<char, ulong> Number = Digit.AtLeastOnceString()
        .Assert(digits => ulong.TryParse(digits, out _), "a number below 2^64")
        .Map(ulong.Parse);

    private static readonly Parser<char, CountersShape> Counters = Map(
        (packets, bytes) => new CountersShape(packets, bytes),
        Char('[').Then(Number),
        Char(':').Then(Number).Before(Char(']')));

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

    /// <summary>Chooses a parser by the character it would meet first, without trying the others.</summary>
    private sealed class ByFirstCharacter<T>(Func<char, Parser<char, T>> choose) : Parser<char, T>
    {
        public override bool TryParse(ref ParseState<char> state, ref PooledList<Expected<char>> expecteds, out T result) =>
            choose(state.HasCurrent ? state.Current : ' ').TryParse(ref state, ref expecteds, out result!);
    }
}
