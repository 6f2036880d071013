using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>A rule before its number is known.</summary>
internal readonly record struct RuleEntry(ImmutableArray<Match> Matches, Target Target, Counters? Counters, int Line, TextSpan Span)
{
    /// <summary>Whether the kernel sees no condition at all, so that a verdict here ends its walk (<c>unconditional</c> in ip_tables.c).</summary>
    public bool EndsTheChain => Matches.IsEmpty && Target is AcceptTarget or DropTarget or ReturnTarget;
}

/// <summary>A chain while the file's commands are obeyed.</summary>
internal sealed class ChainDraft(string name, bool isBuiltIn)
{
    public string Name { get; set; } = name;

    public bool IsBuiltIn { get; } = isBuiltIn;

    public Verdict Policy { get; set; } = Verdict.Accept;

    public Counters Counters { get; set; }

    public List<RuleEntry> Rules { get; } = [];

    public TextSpan? Declaration { get; set; }

    public Chain ToChain()
    {
        var rules = ImmutableArray.CreateBuilder<Rule>(Rules.Count);
        foreach (var rule in Rules)
        {
            rules.Add(new Rule(rules.Count + 1, rule.Matches, rule.Target, rule.Counters, rule.Line, rule.Span));
        }

        return new Chain(Name, IsBuiltIn ? Policy : null, Counters, rules.MoveToImmutable(), Declaration);
    }
}
