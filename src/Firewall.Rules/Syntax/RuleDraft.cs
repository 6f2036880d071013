using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Options;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Syntax;

/// <summary>A match or target clause while its line is read. Reused from line to line.</summary>
internal sealed class ClauseDraft(OptionScope scope, TextSpan span)
{
    private readonly ImmutableArray<OptionUse>.Builder _uses = ImmutableArray.CreateBuilder<OptionUse>();

    public OptionScope Scope { get; } = scope;

    public TextSpan Span { get; private set; } = span;

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

    public ImmutableArray<OptionUse> Uses => _uses.DrainToImmutable();
}

/// <summary>A rule line while it is read: what getopt's loop has met so far.</summary>
internal sealed class RuleDraft
{
    private int _seenConditions;

    public CommandKind? Kind { get; set; }

    public TextSpan CommandSpan { get; set; }

    public Word? Chain { get; set; }

    public int? Number { get; set; }

    public Word? Argument { get; set; }

    public ImmutableArray<Condition>.Builder Conditions { get; } = ImmutableArray.CreateBuilder<Condition>();

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
        _seenConditions = 0;
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
