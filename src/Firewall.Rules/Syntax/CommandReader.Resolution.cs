using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Options;

namespace Firewall.Rules.Syntax;

/// <content>Which option a long name means.</content>
internal sealed partial class CommandReader
{
    /// <summary>What a name resolves to: an option of iptables itself, an option of a clause, or nothing.</summary>
    private readonly record struct Resolution(BaseOption Base, ClauseDraft? Clause, Option? Option, bool IsAmbiguous)
    {
        public bool IsNone => Base == default && Option is null;
    }

    /// <summary>
    /// As getopt_long over the table that <c>xtables_merge_options</c> keeps: iptables' own options, then those of the newest module first.
    /// An exact name wins, else an abbreviation must mean one option only.
    /// </summary>
    private Resolution Resolve(ReadOnlySpan<char> name)
    {
        if (BaseOptions.TryFind(name, out var own)) { return new(own, null, null, false); }
        for (var i = _draft.Scopes.Count - 1; i >= 0; i--)
        {
            if (_draft.Scopes[i].Scope.TryFind(name, out var option)) { return new(default, _draft.Scopes[i], option, false); }
        }

        return ResolveAbbreviation(name);
    }

    private Resolution ResolveAbbreviation(ReadOnlySpan<char> name)
    {
        Resolution found = default;
        foreach (var (longName, own) in BaseOptions.LongNames)
        {
            if (!longName.AsSpan().StartsWith(name)) { continue; }
            if (!found.IsNone && found.Base != own) { return new(default, null, null, IsAmbiguous: true); }
            found = new(own, null, null, false);
        }

        foreach (var clause in _draft.Scopes)
        {
            foreach (var (longName, option) in clause.Scope.Names)
            {
                if (!longName.AsSpan().StartsWith(name)) { continue; }
                if (!found.IsNone && !(ReferenceEquals(found.Clause, clause) && ReferenceEquals(found.Option, option)))
                {
                    return new(default, null, null, IsAmbiguous: true);
                }

                found = new(default, clause, option, false);
            }
        }

        return found;
    }

    /// <summary>Brings in the module that <c>-p</c> implies (<c>load_proto</c> of iptables/xshared.c): once a line, whatever the option was.</summary>
    private bool LoadImpliedModule(TextSpan place)
    {
        if (_draft.ProtocolName is not { } name || _draft.ImpliedModuleUsed) { return false; }
        _draft.ImpliedModuleUsed = true;
        if (catalog.ImpliedBy(_draft.Protocol, name) is not { } scope) { return false; }
        AddMatch(scope, new TextSpan((_draft.Negation ?? place).Start, 0));
        return true;
    }

    private void AddMatch(OptionScope scope, TextSpan span) => _draft.Matches.Add(_draft.AddClause(scope, span));

    private bool UnknownOption(in WordShape word, ReadOnlySpan<char> name, bool isAmbiguous)
    {
        if (isAmbiguous)
        {
            return Fail(DiagnosticCode.AmbiguousOption, $"`--{name}` is short for more than one option", SpanOf(word),
                "write the option's whole name");
        }

        return Fail(DiagnosticCode.UnknownOption, $"unknown option `--{name}`", SpanOf(word), HelpForUnknown(name.ToString()));
    }

    private string? HelpForUnknown(string name)
    {
        var matches = catalog.MatchesWith(name).ToImmutableArray();
        if (matches.Length == 1) { return $"it belongs to the match {matches[0]}: write `-m {matches[0]}` before it"; }
        if (matches.Length > 1)
        {
            return $"it belongs to the matches {string.Join(", ", matches)}: write `-p` with the protocol, or `-m`, before it";
        }

        var targets = catalog.TargetsWith(name).ToImmutableArray();
        if (targets.Length > 0) { return $"it belongs to the target {string.Join(", ", targets)}: write `-j` with the target before it"; }
        return Spelling.Nearest(name, BaseOptions.LongNames.Select(o => o.Name).Concat(_draft.Scopes.SelectMany(s => s.Scope.Names.Select(n => n.Key))))
            is { } near ? $"did you mean `--{near}`?" : null;
    }
}
