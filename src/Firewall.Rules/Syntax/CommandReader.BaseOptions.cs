using System.Globalization;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Syntax;

/// <content>The options of iptables itself.</content>
internal sealed partial class CommandReader
{
    private bool ReadBaseOption(BaseOption option, in WordShape word, Word? glued)
    {
        if (BaseOptions.TakesOf(option) == Takes.Nothing && glued is { } extra)
        {
            return Fail(DiagnosticCode.UnexpectedWord, $"`{BaseOptions.Text(option)}` takes no value", extra.Span);
        }

        return option switch
        {
            BaseOption.Source => ReadCondition(ConditionKind.Source, option, word, glued),
            BaseOption.Destination => ReadCondition(ConditionKind.Destination, option, word, glued),
            BaseOption.InInterface => ReadCondition(ConditionKind.InInterface, option, word, glued),
            BaseOption.OutInterface => ReadCondition(ConditionKind.OutInterface, option, word, glued),
            BaseOption.Protocol => ReadCondition(ConditionKind.Protocol, option, word, glued),
            BaseOption.Fragments => ReadFragment(word),
            _ when _draft.Negation is { } negation =>
                Fail(DiagnosticCode.MisplacedNegation, $"`{BaseOptions.Text(option)}` cannot be negated", negation),
            BaseOption.Match => ReadMatch(word, glued),
            BaseOption.Jump or BaseOption.Goto => ReadTarget(option, word, glued),
            BaseOption.SetCounters => ReadSetCounters(word, glued),
            BaseOption.Ipv4 or BaseOption.Ipv6 => ReadFamily(option),
            BaseOption.Verbose or BaseOption.Exact => true,
            BaseOption.Modprobe => (glued ?? NextWord()) is not null || ValueMissing("--modprobe", word),
            BaseOption.Table => Fail(DiagnosticCode.TableInRule, "`-t` within a rule; the table is named by the `*` line above", SpanOf(word),
                "remove it, or move the rule below the line of its table"),
            BaseOption.List or BaseOption.ListRules or BaseOption.Numeric or BaseOption.LineNumbers or BaseOption.Wait
                or BaseOption.WaitInterval or BaseOption.Version or BaseOption.Help =>
                Fail(DiagnosticCode.NotInFiles, $"`{BaseOptions.Text(option)}` means nothing in a rule file", SpanOf(word), "remove it"),
            _ => ReadCommand(option, word, glued),
        };
    }

    private bool ReadCondition(ConditionKind kind, BaseOption option, in WordShape word, Word? glued)
    {
        var start = (_draft.Negation ?? SpanOf(word)).Start;
        var isNegated = TakeNegation();
        if (glued is not null) { WarnOfGluedValue(option, word, glued.Value); }
        else if (IsOldNegation(1) && !TakeOldNegation(BaseOptions.Text(option), ref isNegated)) { return false; }
        if ((glued ?? NextWord()) is not { } value) { return ValueMissing(BaseOptions.Text(option), word); }
        var condition = new Condition(kind, isNegated, value, TextSpan.FromTo(start, value.Span.End));
        if (!_draft.TryAdd(condition)) { return Repeated(option, condition.Span); }
        return kind != ConditionKind.Protocol || ReadProtocol(value, isNegated);
    }

    private bool ReadFragment(in WordShape word)
    {
        var start = (_draft.Negation ?? SpanOf(word)).Start;
        var condition = new Condition(ConditionKind.Fragment, TakeNegation(), default, TextSpan.FromTo(start, SpanOf(word).End));
        if (catalog.Family == Family.IPv6)
        {
            return Fail(DiagnosticCode.FragmentInIPv6, "`-f` does not exist in IPv6 rules", condition.Span, "use `-m frag --fragmore` and its kin");
        }

        return _draft.TryAdd(condition) || Repeated(BaseOption.Fragments, condition.Span);
    }

    private bool ReadProtocol(in Word value, bool isNegated)
    {
        if (!Protocols.TryParse(value.Text, out var protocol))
        {
            return Fail(DiagnosticCode.UnknownProtocol, $"unknown protocol `{value.Text}`", value.Span, HelpForProtocol(value.Text));
        }

        (_draft.ProtocolName, _draft.Protocol, _draft.IsProtocolNegated) = (NameOf(value.Text, protocol), protocol, isNegated);
        return true;
    }

    /// <summary>The protocol's name as <c>find_proto</c> (iptables/xshared.c) looks up its module: as written, or by number.</summary>
    private static string NameOf(string text, byte protocol) =>
        char.IsAsciiDigit(text[0]) ? Protocols.Text(protocol) : text.ToLowerInvariant();

    private static string? HelpForProtocol(string text)
    {
        if (text.Contains(',')) { return "one rule has one protocol: write a rule for each"; }
        return Spelling.Nearest(text, Protocols.Names) is { } near ? $"did you mean `{near}`?" : null;
    }

    private bool ReadMatch(in WordShape word, Word? glued)
    {
        if ((glued ?? NextWord()) is not { } name) { return ValueMissing("-m", word); }
        if (catalog.Match(name.Text) is { } scope)
        {
            AddMatch(scope, TextSpan.FromTo(SpanOf(word).Start, name.Span.End));
            return true;
        }

        if (KnownModules.Matches.Any(m => m.Name == name.Text)) { return WrongFamily($"match `{name.Text}`", name.Span); }
        return Fail(DiagnosticCode.UnknownMatch, $"there is no match module `{name.Text}`", name.Span,
            Spelling.Nearest(name.Text, catalog.MatchNames) is { } near ? $"did you mean `{near}`?" : null);
    }

    private bool ReadTarget(BaseOption option, in WordShape word, Word? glued)
    {
        if (glued is not null && option == BaseOption.Jump) { WarnOfGluedValue(option, word, glued.Value); }
        if ((glued ?? NextWord()) is not { } name) { return ValueMissing(BaseOptions.Text(option), word); }
        var span = TextSpan.FromTo(SpanOf(word).Start, name.Span.End);
        if (_draft.TargetName is not null) { return Repeated(option, span, "one rule has one target"); }
        if (name.Text is "" or ['-' or '!', ..])
        {
            return Fail(DiagnosticCode.UnknownTarget, $"`{name.Text}` cannot be a target", name.Span);
        }

        (_draft.TargetName, _draft.TargetSpan, _draft.IsGoto) = (name, span, option == BaseOption.Goto);
        if (option == BaseOption.Jump && catalog.Target(name.Text) is { } scope)
        {
            _draft.Target = _draft.AddClause(scope, span);
        }

        return true;
    }

    /// <summary><c>-c PACKETS BYTES</c> or <c>-c PACKETS,BYTES</c>; what follows the digits is ignored, as sscanf does.</summary>
    private bool ReadSetCounters(in WordShape word, Word? glued)
    {
        if ((glued ?? NextWord()) is not { } first) { return ValueMissing("-c", word); }
        if (_draft.SetCounters is not null) { return Repeated(BaseOption.SetCounters, SpanOf(word)); }
        var comma = first.Text.IndexOf(',');
        var second = comma >= 0 ? first.Text[(comma + 1)..] : HasArgument() ? NextWord()!.Value.Text : null;
        if (second is null) { return ValueMissing("-c", word, "it takes packets and bytes"); }
        if (LeadingNumber(first.Text) is not { } packets || LeadingNumber(second) is not { } bytes)
        {
            return Fail(DiagnosticCode.BadCounters, "counters are two numbers, packets and bytes", first.Span);
        }

        _draft.SetCounters = new Counters(packets, bytes);
        return true;
    }

    private static ulong? LeadingNumber(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return ulong.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private bool ReadFamily(BaseOption option)
    {
        IsForOtherFamily = (option == BaseOption.Ipv4) != (catalog.Family == Family.IPv4);
        return true;
    }

    /// <summary>Whether the next word can be an optional argument of a command (<c>xs_has_arg</c>).</summary>
    private bool HasArgument() => _at < _words.Length && TextOf(_words[_at]) is not ['-' or '!', ..];

    private bool ValueMissing(string option, in WordShape word, string? help = null) =>
        Fail(DiagnosticCode.ValueMissing, $"`{option}` lacks its value", SpanOf(word), help);

    private bool Repeated(BaseOption option, TextSpan place, string? help = null) =>
        Fail(DiagnosticCode.RepeatedOption, $"`{BaseOptions.Text(option)}` is given twice", place, help);

    private bool WrongFamily(string what, TextSpan place) => Fail(DiagnosticCode.WrongFamily,
        $"the {what} does not exist for {(catalog.Family == Family.IPv4 ? "iptables" : "ip6tables")}", place,
        catalog.Family == Family.IPv4 ? "give `-6` if the file is for IPv6" : "give `-4` if the file is for IPv4");

    private bool Unexpected(in WordShape word) => TextOf(word) is ['#', ..]
        ? Fail(DiagnosticCode.CommentInRule, "a comment cannot stand behind a rule", TextSpan.FromTo(SpanOf(word).Start, _line.End),
            "move it to a line of its own, or use `-m comment --comment`")
        : Fail(DiagnosticCode.UnexpectedWord, $"`{TextOf(word)}` does not belong here", SpanOf(word));

    private void WarnOfGluedValue(BaseOption option, in WordShape word, in Word value) =>
        diagnostics.Add(Diagnostic.Warning(DiagnosticCode.GluedValue, $"the value is glued to `{BaseOptions.Text(option)}`", SpanOf(word),
            $"write `{BaseOptions.Text(option)} {value.Text}`") with
        {
            Notes = ["iptables-legacy-restore 1.8.9 takes the whole word for the value and refuses it"],
        });
}
