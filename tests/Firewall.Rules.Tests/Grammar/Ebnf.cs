using System.Collections.Immutable;

namespace Firewall.Rules.Tests.Grammar;

/// <summary>A phrase of EBNF.</summary>
internal abstract record Phrase;

internal sealed record Terminal(string Text) : Phrase;

internal sealed record Reference(string Name) : Phrase;

internal sealed record Sequence(ImmutableArray<Phrase> Parts) : Phrase;

/// <summary>Alternatives; the ones marked are accepted only leniently.</summary>
internal sealed record Choice(ImmutableArray<Phrase> Alternatives, ImmutableArray<bool> AreLenient) : Phrase;

/// <summary><c>[ … ]</c> (at most once) or <c>{ … }</c>.</summary>
internal sealed record Repetition(Phrase Body, int Maximum, bool IsLenient) : Phrase;

/// <summary>Reads the dialect of ISO 14977 that <c>grammar/</c> is written in.</summary>
internal sealed class Ebnf
{
    private const string LenientMark = "(*lenient*)";

    private readonly string _text;
    private readonly Dictionary<string, Phrase> _rules = new(StringComparer.Ordinal);
    private int _at;

    private Ebnf(string text) => _text = text;

    /// <summary>The rules of all the texts together.</summary>
    public static IReadOnlyDictionary<string, Phrase> Read(params IEnumerable<string> texts)
    {
        var all = new Dictionary<string, Phrase>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var reader = new Ebnf(text);
            reader.ReadRules();
            foreach (var (name, phrase) in reader._rules) { all.Add(name, phrase); }
        }

        return all;
    }

    /// <summary>Names that a phrase refers to.</summary>
    public static IEnumerable<string> References(Phrase phrase) => phrase switch
    {
        Reference reference => [reference.Name],
        Sequence sequence => sequence.Parts.SelectMany(References),
        Choice choice => choice.Alternatives.SelectMany(References),
        Repetition repetition => References(repetition.Body),
        _ => [],
    };

    private void ReadRules()
    {
        for (SkipBlanks(); _at < _text.Length; SkipBlanks())
        {
            var name = ReadName();
            Expect('=');
            _rules.Add(name, ReadChoice());
            Expect(';');
        }
    }

    private Phrase ReadChoice()
    {
        var alternatives = ImmutableArray.CreateBuilder<Phrase>();
        var lenient = ImmutableArray.CreateBuilder<bool>();
        do
        {
            lenient.Add(TakeLenientMark());
            alternatives.Add(ReadSequence());
        }
        while (Take('|'));
        return alternatives.Count == 1 && !lenient[0] ? alternatives[0] : new Choice(alternatives.ToImmutable(), lenient.ToImmutable());
    }

    private Phrase ReadSequence()
    {
        var parts = ImmutableArray.CreateBuilder<Phrase>();
        do { parts.Add(ReadPart()); }
        while (Take(','));
        return parts.Count == 1 ? parts[0] : new Sequence(parts.ToImmutable());
    }

    private Phrase ReadPart()
    {
        if (Take('(')) { return Close(ReadChoice(), ')'); }
        if (Take('[')) { return ReadRepetition(1, ']'); }
        if (Take('{')) { return ReadRepetition(3, '}'); }
        SkipBlanks();
        if (_text[_at] is '"' or '\'')
        {
            var end = _text.IndexOf(_text[_at], _at + 1);
            var text = _text[(_at + 1)..end];
            _at = end + 1;
            return new Terminal(text);
        }

        return new Reference(ReadName());
    }

    private Repetition ReadRepetition(int maximum, char closing)
    {
        var isLenient = TakeLenientMark();
        return new Repetition(Close(ReadChoice(), closing), maximum, isLenient);
    }

    private Phrase Close(Phrase phrase, char closing)
    {
        Expect(closing);
        return phrase;
    }

    private string ReadName()
    {
        SkipBlanks();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '-')) { _at++; }
        return _at > start ? _text[start.._at] : throw new FormatException($"a name was expected at `{_text[_at..Math.Min(_text.Length, _at + 40)]}`");
    }

    private bool TakeLenientMark()
    {
        SkipBlanks();
        if (!_text.AsSpan(_at).StartsWith(LenientMark)) { return false; }
        _at += LenientMark.Length;
        return true;
    }

    private bool Take(char c)
    {
        SkipBlanks();
        if (_at >= _text.Length || _text[_at] != c) { return false; }
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c)) { throw new FormatException($"`{c}` was expected at `{_text[_at..Math.Min(_text.Length, _at + 40)]}`"); }
    }

    /// <summary>Skips blanks and comments, but not the mark.</summary>
    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at])) { _at++; }
            else if (_text.AsSpan(_at).StartsWith("(*") && !_text.AsSpan(_at).StartsWith(LenientMark))
            {
                _at = _text.IndexOf("*)", _at, StringComparison.Ordinal) + 2;
            }
            else { return; }
        }
    }
}
