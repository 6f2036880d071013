using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Options;

namespace Firewall.Rules.Syntax;

/// <summary>
/// Takes the words of a command line apart as iptables' getopt loop does (<c>do_parse</c> in iptables/xshared.c): options in any order,
/// abbreviations, options of the modules named so far, and the module that <c>-p</c> implies.
/// </summary>
internal sealed partial class CommandReader(SourceText source, ModuleCatalog catalog, WordTable table, List<Diagnostic> diagnostics)
{
    /// <summary><c>MAX_ARGC</c> of iptables/xshared.h, less the program's name and the table that iptables-restore adds.</summary>
    private const int MaximumWords = 255 - 4;

    /// <summary>The size of <c>xt_param_buf</c> in iptables/xshared.c, in bytes with the closing zero.</summary>
    private const int MaximumWordLength = 1024;

    private readonly string _text = source.Text;
    private readonly RuleDraft _draft = new();
    private WordShape[] _words = [];
    private TextSpan _line;
    private int _at;

    /// <summary>Whether the last line read was for the other family's tool (<c>-4</c>, <c>-6</c>).</summary>
    public bool IsForOtherFamily { get; private set; }

    /// <summary>The command, or null after a diagnostic or for a line of the other family.</summary>
    public Command? Read(WordShape[] words, TextSpan line)
    {
        (_words, _line, _at, IsForOtherFamily) = (words, line, 0, false);
        _draft.Reset();
        if (!HasReasonableSize()) { return null; }
        while (_at < _words.Length && !IsForOtherFamily)
        {
            if (!ReadWord()) { return null; }
        }

        return IsForOtherFamily ? null : Finish();
    }

    private ReadOnlySpan<char> LineText => _text.AsSpan(_line.Start, _line.Length);

    private ReadOnlySpan<char> TextOf(in WordShape word) => word.TextIn(LineText);

    private TextSpan SpanOf(in WordShape word) => new(_line.Start + word.Span.Start, word.Span.Length);

    private Word WordOf(in WordShape word) => new(table.Text(TextOf(word)), SpanOf(word), word.IsQuoted);

    private bool HasReasonableSize()
    {
        if (_words.Length > MaximumWords)
        {
            return Fail(DiagnosticCode.TooManyWords, $"a line has {_words.Length} words; iptables-restore reads at most {MaximumWords}",
                SpanOf(_words[MaximumWords]));
        }

        if (_line.Length < MaximumWordLength) { return true; }
        foreach (var word in _words)
        {
            if (word.Span.Length >= MaximumWordLength && TextOf(word).Length >= MaximumWordLength)
            {
                return Fail(DiagnosticCode.TooManyWords,
                    $"a word of {TextOf(word).Length} bytes; iptables-restore reads at most {MaximumWordLength - 1}", SpanOf(word));
            }
        }

        return true;
    }

    private bool ReadWord()
    {
        ref readonly var word = ref _words[_at++];
        var text = TextOf(word);
        switch (text)
        {
            case "!":
                if (_draft.Negation is not null) { return Fail(DiagnosticCode.MisplacedNegation, "two `!` in a row", SpanOf(word)); }
                _draft.Negation = SpanOf(word);
                return true;
            case "--":
                return _at == _words.Length || Unexpected(_words[_at]);
            case ['-', '-', ..]:
                return ReadLongOption(word, text[2..]);
            case ['-', _, ..]:
                return ReadShortOptions(word, text);
            default:
                return Unexpected(word);
        }
    }

    private bool ReadShortOptions(in WordShape word, ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (!BaseOptions.TryFindShort(text[i], out var option))
            {
                return Fail(DiagnosticCode.UnknownOption, $"unknown option `-{text[i]}`", SpanOf(word));
            }

            var glued = BaseOptions.TakesOf(option) == Takes.Nothing || i + 1 == text.Length ? (Word?)null : Part(word, i + 1);
            if (!ReadBaseOption(option, word, glued)) { return false; }
            if (glued is not null || IsForOtherFamily) { return true; }
        }

        return true;
    }

    private bool ReadLongOption(in WordShape word, ReadOnlySpan<char> name)
    {
        var glue = name.IndexOf('=');
        var glued = glue < 0 ? (Word?)null : Part(word, glue + 3);
        if (glue >= 0) { name = name[..glue]; }
        var found = Resolve(name);
        if (found.IsNone && LoadImpliedModule(SpanOf(word))) { found = Resolve(name); }
        if (found.IsNone) { return UnknownOption(word, name, found.IsAmbiguous); }
        return found.Option is { } option
            ? ReadModuleOption(found.Clause!, option, word, glued)
            : ReadBaseOption(found.Base, word, glued);
    }

    /// <summary>The rest of a word from its char at <paramref name="start"/> (after unquoting), e.g. <c>tcp</c> of <c>-ptcp</c>.</summary>
    private Word Part(in WordShape word, int start)
    {
        var span = SpanOf(word);
        var text = TextOf(word)[start..];
        return new(table.Text(text), word.IsQuoted ? span : TextSpan.FromTo(span.Start + start, span.End), word.IsQuoted);
    }

    private bool ReadModuleOption(ClauseDraft clause, Option option, in WordShape word, Word? glued)
    {
        var start = (_draft.Negation ?? SpanOf(word)).Start;
        var isNegated = TakeNegation();
        if (clause.Scope.Module is { NeedsProtocolFirst: true } && !IsProtocolGivenFor(clause, SpanOf(word))) { return false; }
        var values = ImmutableArray<Word>.Empty;
        if (option.Words == 0 && glued is { } extra)
        {
            return Fail(DiagnosticCode.UnexpectedWord, $"`{option.Name}` takes no value", extra.Span);
        }

        if (option.Words > 0 && !ReadValues(option, word, glued, ref isNegated, out values)) { return false; }
        var span = TextSpan.FromTo(start, values.IsEmpty ? SpanOf(word).End : Math.Max(SpanOf(word).End, values[^1].Span.End));
        if (isNegated && !option.CanNegate)
        {
            return Fail(DiagnosticCode.MisplacedNegation, $"`{option.Name}` cannot be negated", span);
        }

        if (!option.MayRepeat && clause.UseOf(option) is { } earlier)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.RepeatedOption, $"`{option.Name}` is given twice", span,
                "repeat the module with another `-m` if both conditions must hold") with { Labels = [new(earlier.Span, "first given here")] });
            return false;
        }

        clause.Add(new OptionUse(option, isNegated, values, span) { ProtocolBefore = _draft.ProtocolName is null ? null : _draft.Protocol });
        return true;
    }

    private bool ReadValues(Option option, in WordShape word, Word? glued, ref bool isNegated, out ImmutableArray<Word> values)
    {
        values = [];
        if (glued is null && option.CanNegate && IsOldNegation(option.Words))
        {
            if (!TakeOldNegation(option.Name, ref isNegated)) { return false; }
        }

        if (option.Words == 1)
        {
            if ((glued ?? NextWord()) is not { } only) { return ValueMissing(option.Name, word); }
            values = [only];
            return true;
        }

        if ((glued ?? NextWord()) is not { } first) { return ValueMissing(option.Name, word); }
        if (_at == _words.Length || TextOf(_words[_at]) is ['-' or '!', ..])
        {
            return Fail(DiagnosticCode.ValueMissing, $"`{option.Name}` takes two words", SpanOf(word));
        }

        values = [first, NextWord()!.Value];
        return true;
    }

    private Word? NextWord() => _at < _words.Length ? WordOf(_words[_at++]) : null;

    private bool TakeNegation()
    {
        var isNegated = _draft.Negation is not null;
        _draft.Negation = null;
        return isNegated;
    }

    /// <summary>
    /// <c>--dport ! 80</c>: a lone <c>!</c> where a value should be, and values behind it. Where an option follows instead, the <c>!</c>
    /// is the value, as iptables takes it.
    /// </summary>
    private bool IsOldNegation(int values)
    {
        if (_at + values >= _words.Length || _words[_at].IsQuoted || TextOf(_words[_at]) is not "!") { return false; }
        for (var i = 1; i <= values; i++)
        {
            if (!_words[_at + i].IsQuoted && TextOf(_words[_at + i]) is ['-', ..]) { return false; }
        }

        return true;
    }

    private bool TakeOldNegation(string option, ref bool isNegated)
    {
        var place = SpanOf(_words[_at]);
        if (isNegated) { return Fail(DiagnosticCode.MisplacedNegation, "`!` both before and after the option", place); }
        diagnostics.Add(Diagnostic.Warning(DiagnosticCode.OldNegation, $"`!` stands behind `{option}`", place, $"write `! {option} …`") with
        {
            Notes = ["iptables refuses this place since 1.4.3.2; it is read as negation here"],
        });
        isNegated = true;
        _at++;
        return true;
    }

    private bool Fail(DiagnosticCode code, string message, TextSpan place, string? help = null)
    {
        diagnostics.Add(Diagnostic.Error(code, message, place, help));
        return false;
    }
}
