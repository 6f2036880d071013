using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Compiler.Placement;

/// <summary>What a compile promises.</summary>
public enum Profile
{
    /// <summary>Our programs decide; iptables is needed for nothing that is compiled.</summary>
    Exact,

    /// <summary>iptables stays and decides; our program drops, before it, what it would certainly drop.</summary>
    Offload,
}

/// <summary>Kinds of programs that may be used.</summary>
[Flags]
public enum Hooks
{
    None = 0,
    Xdp = 1,
    Netfilter = 2,
    Both = Xdp | Netfilter,
}

/// <summary>What is to be placed, and where it may go.</summary>
public sealed record PlanRequest(Policy? IPv4, Policy? IPv6, CompileOptions Options)
{
    /// <summary>Null lets the planner choose for each chain.</summary>
    public Hooks? Hooks { get; init; }

    public Profile Profile { get; init; }

    /// <summary>The chains of the filter table to place; empty for all that do something.</summary>
    public ImmutableArray<Hook> Chains { get; init; } = [];

    public IEnumerable<Policy> Policies => new[] { IPv4, IPv6 }.OfType<Policy>();
}

/// <summary>A program to be generated.</summary>
public sealed record PlannedProgram(HostRules Rules, CompileOptions Options)
{
    /// <summary>As reports name it, e.g. <c>XDP (INPUT)</c>.</summary>
    public string Title => $"{(Options.Program == ProgramKind.Xdp ? "XDP" : "netfilter")} ({string.Join(" and ", Rules.Filters(Rules.Families.First()).Select(s => s.Hook.ChainName()))})";
}

/// <summary>Where a chain of the filter table is judged.</summary>
/// <param name="Why">For people.</param>
public sealed record ChainPlan(Hook Chain, Hooks Hooks, string Why);

/// <summary>What becomes of a line of the rule file.</summary>
/// <param name="Where">The program that does best by it; null when none does anything.</param>
/// <param name="Reason">Why packets that meet it are deferred.</param>
public sealed record LineFate(RuleIdentity Rule, Fate Fate, ProgramKind? Where, DeferReason? Reason)
{
    /// <summary>Whether the reason is the rule's own, and not that of a later rule or of the policy.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Why, where it is no reason of a program.</summary>
    public string? Note { get; init; }

    /// <summary>Whether packets that meet the rule are left to iptables.</summary>
    public bool IsOpen => Fate is Fate.Partial or Fate.Deferred;
}

/// <summary>Which programs a rule set becomes, and what each makes of its lines.</summary>
/// <param name="Programs">XDP before netfilter.</param>
/// <param name="Chains">The chains that were placed.</param>
/// <param name="Lines">Every rule of the files that the placed chains, or the tables before them, hold; in the order of the file.</param>
public sealed record Plan(ImmutableArray<PlannedProgram> Programs, ImmutableArray<ChainPlan> Chains, ImmutableArray<LineFate> Lines)
{
    /// <summary>Rules of earlier tables at which an XDP program with no other behind it defers packets: what is exact for the filter table would still not be what iptables does.</summary>
    public ImmutableArray<RuleFate> Earlier { get; init; } = [];

    /// <summary>Whether every reachable rule of the placed chains is compiled.</summary>
    public bool IsExact => Lines.All(l => !l.IsOpen || l.Rule.Table != HostRules.Table) && Earlier.IsEmpty;

    /// <summary>The reasons for which packets of a sound form may be deferred, in the order of <see cref="DeferReason"/>.</summary>
    public IEnumerable<DeferReason> Reasons => Lines.Where(l => l.Rule.Table == HostRules.Table && l.Fate != Fate.Compiled).Select(l => l.Reason).OfType<DeferReason>().Distinct().Order();
}
