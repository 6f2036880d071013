using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Options;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Syntax;

/// <summary>What a command line does.</summary>
public enum CommandKind
{
    Append,
    Insert,
    Replace,
    Delete,
    Check,
    NewChain,
    DeleteChain,
    RenameChain,
    Flush,
    Zero,
    Policy,
}

/// <summary>A command as iptables' getopt loop reads it.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Span">The command's own words, e.g. <c>-A INPUT</c>.</param>
public sealed record Command(CommandKind Kind, TextSpan Span)
{
    /// <summary>The chain it names; null for <c>-F</c>, <c>-Z</c> and <c>-X</c> on all chains.</summary>
    public Word? Chain { get; init; }

    /// <summary>Rule number from 1 for <c>-I</c>, <c>-R</c>, <c>-D</c>, <c>-Z</c>; null when not given.</summary>
    public int? Number { get; init; }

    /// <summary>The new name of <c>-E</c>, the policy of <c>-P</c>.</summary>
    public Word? Argument { get; init; }

    /// <summary>The rule of <c>-A -I -R -D -C</c>.</summary>
    public RuleClauses Rule { get; init; } = RuleClauses.Empty;
}

/// <summary>The clauses of a rule, sorted by kind, each in the order of the line.</summary>
public sealed record RuleClauses(
    ImmutableArray<Condition> Conditions, ImmutableArray<MatchClause> Matches, TargetClause? Target, Counters? SetCounters)
{
    public static readonly RuleClauses Empty = new([], [], null, null);
}

/// <summary>The conditions every rule may have.</summary>
public enum ConditionKind
{
    Source,
    Destination,
    InInterface,
    OutInterface,
    Protocol,
    Fragment,
}

/// <summary>A base condition, e.g. <c>! -s 10.0.0.0/8</c>; <c>Value</c> is empty for <c>-f</c>.</summary>
public readonly record struct Condition(ConditionKind Kind, bool IsNegated, Word Value, TextSpan Span);

/// <summary>A match and its options: <c>-m tcp --dport 80</c>, or the options alone where <c>-p</c> implies the module.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="Module">Null when this version does not understand the module.</param>
/// <param name="Uses">Its options.</param>
/// <param name="Span">From <c>-m</c> or the first option to the last; other clauses may stand between.</param>
public sealed record MatchClause(string Name, MatchModule? Module, ImmutableArray<OptionUse> Uses, TextSpan Span);

/// <summary><c>-j NAME</c> or <c>-g NAME</c> with the target's options.</summary>
/// <param name="Name">Of a chain or a target.</param>
/// <param name="IsGoto"><c>-g</c>.</param>
/// <param name="Module">Null when no module is called so.</param>
/// <param name="Uses">Its options.</param>
/// <param name="Span">From <c>-j</c> to the last option; other clauses may stand between.</param>
public sealed record TargetClause(Word Name, bool IsGoto, TargetModule? Module, ImmutableArray<OptionUse> Uses, TextSpan Span);
