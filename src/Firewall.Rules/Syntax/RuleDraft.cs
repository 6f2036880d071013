using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Options;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Syntax;

/// <summary>A match or target clause while its line is read. Reused from line to line.</summary>
internal sealed class ClauseDraft
{
    private readonly List<OptionUse> _uses = [];
    private OptionScope? _scope;

    public OptionScope Scope => _scope!;

    public TextSpan Span { get; private set; }

    public ClauseDraft Begin(OptionScope scope, TextSpan span)
    {
        (_scope, Span) = (scope, span);
        _uses.Clear();
        return this;
    }

    public OptionUse? UseOf(Option option)
    {
        foreach (var use in _uses)
        {
            if (ReferenceEquals(use.Option, option)) { return use; }
        }

        return null;
    }

    public void Add(OptionUse use)
    {
        _uses.Add(use);
        Span = TextSpan.FromTo(Span.Start, Math.Max(Span.End, use.Span.End));
    }

    public ImmutableArray<OptionUse> Uses => [.. _uses];
}

/// <summary>A rule line while it is read: what getopt's loop has met so far.</summary>
internal sealed class RuleDraft
{
    private readonly List<ClauseDraft> _clauses = [];
    private int _clausesInUse;
    private int _seenConditions;

    public CommandKind? Kind { get; set; }

    public TextSpan CommandSpan { get; set; }

    public Word? Chain { get; set; }

    public int? Number { get; set; }

    public Word? Argument { get; set; }

    public List<Condition> Conditions { get; } = [];

    public List<ClauseDraft> Matches { get; } = [];

    /// <summary>Matches and target in the order in which they brought in options; the newest is asked first.</summary>
    public List<ClauseDraft> Scopes { get; } = [];

    public Word? TargetName { get; set; }

    public TextSpan TargetSpan { get; set; }

    public bool IsGoto { get; set; }

    public ClauseDraft? Target { get; set; }

    public Counters? SetCounters { get; set; }

    /// <summary>The word of <c>-p</c> so far; null before it.</summary>
    public string? ProtocolName { get; set; }

    public byte Protocol { get; set; }

    public bool IsProtocolNegated { get; set; }

    /// <summary>An option has already brought in the protocol's module (<c>proto_used</c> in iptables/xshared.c), which happens once a line.</summary>
    public bool ImpliedModuleUsed { get; set; }

    /// <summary>Where a <c>!</c> stands that no option has taken yet; null for none.</summary>
    public TextSpan? Negation { get; set; }

    /// <summary>A clause for the options of <paramref name="scope"/>; the newest clause is asked first.</summary>
    public ClauseDraft AddClause(OptionScope scope, TextSpan span)
    {
        if (_clausesInUse == _clauses.Count) { _clauses.Add(new ClauseDraft()); }
        var clause = _clauses[_clausesInUse++].Begin(scope, span);
        Scopes.Add(clause);
        return clause;
    }

    /// <summary>False when a condition of that kind was there before.</summary>
    public bool TryAdd(in Condition condition)
    {
        var bit = 1 << (int)condition.Kind;
        if ((_seenConditions & bit) != 0) { return false; }
        _seenConditions |= bit;
        Conditions.Add(condition);
        return true;
    }

    public void Reset()
    {
        _seenConditions = _clausesInUse = 0;
        Kind = null;
        Chain = Argument = TargetName = null;
        Number = null;
        Conditions.Clear();
        Matches.Clear();
        Scopes.Clear();
        Target = null;
        IsGoto = false;
        SetCounters = null;
        ProtocolName = null;
        Protocol = 0;
        IsProtocolNegated = false;
        ImpliedModuleUsed = false;
        Negation = null;
    }
}
