using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Options;

namespace Firewall.Rules.Syntax;

/// <content>The command of a line, and what is checked when the line is over.</content>
internal sealed partial class CommandReader
{
    private static readonly Dictionary<BaseOption, CommandKind> Kinds = new()
    {
        [BaseOption.Append] = CommandKind.Append,
        [BaseOption.Insert] = CommandKind.Insert,
        [BaseOption.Replace] = CommandKind.Replace,
        [BaseOption.Delete] = CommandKind.Delete,
        [BaseOption.Check] = CommandKind.Check,
        [BaseOption.NewChain] = CommandKind.NewChain,
        [BaseOption.DeleteChain] = CommandKind.DeleteChain,
        [BaseOption.RenameChain] = CommandKind.RenameChain,
        [BaseOption.Flush] = CommandKind.Flush,
        [BaseOption.Zero] = CommandKind.Zero,
        [BaseOption.Policy] = CommandKind.Policy,
    };

    private bool ReadCommand(BaseOption option, in WordShape word, Word? glued)
    {
        if (_draft.Kind is not null)
        {
            return Fail(DiagnosticCode.BadCommand, $"a second command, `{BaseOptions.Text(option)}`, in one line", SpanOf(word));
        }

        var kind = Kinds[option];
        _draft.Kind = kind;
        _draft.Chain = glued ?? (BaseOptions.TakesOf(option) == Takes.Word || HasArgument() ? NextWord() : null);
        if (_draft.Chain is null && BaseOptions.TakesOf(option) == Takes.Word) { return ValueMissing(BaseOptions.Text(option), word); }
        if (!ReadArgument(kind, option, word)) { return false; }
        _draft.CommandSpan = TextSpan.FromTo(SpanOf(word).Start, Math.Max(SpanOf(word).End, SpanOf(_words[_at - 1]).End));
        return true;
    }

    private bool ReadArgument(CommandKind kind, BaseOption option, in WordShape word)
    {
        switch (kind)
        {
            case CommandKind.Insert or CommandKind.Delete or CommandKind.Zero when HasArgument():
            case CommandKind.Replace when HasArgument():
                return ReadRuleNumber(NextWord()!.Value);
            case CommandKind.Policy or CommandKind.RenameChain when HasArgument():
                _draft.Argument = NextWord();
                return true;
            case CommandKind.Replace:
                return ValueMissing("-R", word, "it takes a chain and the number of the rule to replace");
            case CommandKind.Policy or CommandKind.RenameChain:
                return ValueMissing(BaseOptions.Text(option), word, $"it takes a chain and a {(kind == CommandKind.Policy ? "policy" : "new name")}");
            default:
                return true;
        }
    }

    private bool ReadRuleNumber(in Word word)
    {
        if (!Numbers.TryParse(word.Text, int.MaxValue, out var number) || number == 0)
        {
            return Fail(DiagnosticCode.RuleNumber, $"`{word.Text}` is not a rule number", word.Span, "rules are counted from 1");
        }

        _draft.Number = (int)number;
        return true;
    }

    private Command? Finish()
    {
        if (_draft.Negation is { } negation)
        {
            Fail(DiagnosticCode.MisplacedNegation, "nothing follows the `!`", negation);
            return null;
        }

        if (_draft.Kind is not { } kind)
        {
            Fail(DiagnosticCode.BadCommand, "a line without a command", _line, "write `-A CHAIN` before the conditions");
            return null;
        }

        var takesRule = kind is CommandKind.Append or CommandKind.Insert or CommandKind.Replace or CommandKind.Check
            || (kind == CommandKind.Delete && _draft.Number is null);
        if (!takesRule && FirstClause() is { } clause)
        {
            Fail(DiagnosticCode.BadCommand, "this command takes no conditions and no target", clause);
            return null;
        }

        return HasRequiredOptions() ? new Command(kind, _draft.CommandSpan)
        {
            Chain = _draft.Chain,
            Number = _draft.Number,
            Argument = _draft.Argument,
            Rule = takesRule ? Clauses() : RuleClauses.Empty,
        }
        : null;
    }

    private TextSpan? FirstClause() => _draft.Conditions.Count > 0 ? _draft.Conditions[0].Span
        : _draft.Matches.Count > 0 ? _draft.Matches[0].Span
        : _draft.TargetName is not null ? _draft.TargetSpan : null;

    private RuleClauses Clauses() => new(
        [.. _draft.Conditions],
        MatchClauses(),
        _draft.TargetName is { } name
            ? new TargetClause(name, _draft.IsGoto, _draft.Target?.Scope.TargetModule, _draft.Target?.Uses ?? [], _draft.Target?.Span ?? _draft.TargetSpan)
            : null,
        _draft.SetCounters);

    private ImmutableArray<MatchClause> MatchClauses()
    {
        if (_draft.Matches.Count == 0) { return []; }
        var clauses = ImmutableArray.CreateBuilder<MatchClause>(_draft.Matches.Count);
        foreach (var match in _draft.Matches) { clauses.Add(new MatchClause(match.Scope.Name, match.Scope.Module, match.Uses, match.Span)); }
        return clauses.MoveToImmutable();
    }

    private bool HasRequiredOptions()
    {
        var complete = true;
        foreach (var clause in _draft.Matches) { complete &= HasRequiredOptions(clause, "match") && IsProtocolGiven(clause); }
        return complete & (_draft.Target is null || HasRequiredOptions(_draft.Target, "target"));
    }

    private bool HasRequiredOptions(ClauseDraft clause, string kind)
    {
        var complete = true;
        foreach (var option in clause.Scope.Required)
        {
            if (clause.UseOf(option) is not null) { continue; }
            complete = Fail(DiagnosticCode.OptionMissing, $"the {kind} {clause.Scope.Name} needs `{option.Name}`", clause.Span);
        }

        return complete;
    }

    /// <summary>A module that reads its options only after <c>-p</c> (multiport).</summary>
    private bool IsProtocolGivenFor(ClauseDraft clause, TextSpan place)
    {
        if (_draft.ProtocolName is not null && !_draft.IsProtocolNegated && Allows(clause, _draft.Protocol)) { return true; }
        return Fail(DiagnosticCode.ProtocolNeeded, $"the match {clause.Scope.Name} needs {ProtocolsOf(clause)} before its options", place);
    }

    /// <summary>The kernel refuses the rule otherwise when the table is committed (<c>xt_check_match</c>).</summary>
    private bool IsProtocolGiven(ClauseDraft clause)
    {
        if (clause.Scope.Module is not { Protocols.Length: > 0 }) { return true; }
        if (_draft.ProtocolName is not null && !_draft.IsProtocolNegated && Allows(clause, _draft.Protocol)) { return true; }
        return Fail(DiagnosticCode.ProtocolNeeded, $"the match {clause.Scope.Name} needs {ProtocolsOf(clause)}", clause.Span);
    }

    private static bool Allows(ClauseDraft clause, byte protocol) =>
        clause.Scope.Module!.Protocols.IsEmpty || clause.Scope.Module.Protocols.Contains(protocol);

    private static string ProtocolsOf(ClauseDraft clause) => clause.Scope.Module is { Protocols.IsEmpty: false } module
        ? string.Join(" or ", module.Protocols.Select(p => $"`-p {Names.Protocols.Text(p)}`"))
        : "`-p`";
}
