using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>A target module as its file declares it: what <c>-j NAME</c> brings into a rule.</summary>
/// <param name="Name">The module's name, e.g. <c>REJECT</c>.</param>
public sealed record TargetModule(string Name)
{
    /// <summary>One sentence for documentation and <c>explain</c>.</summary>
    public required string Summary { get; init; }

    /// <summary>The option grammar, in the order of the man page.</summary>
    public required ImmutableArray<Option> Options { get; init; }

    /// <summary>Builds the bound target; null after recording an error in the options.</summary>
    public required Func<GivenOptions, Target?> Create { get; init; }

    /// <summary>Sentences and effects that are run by tests and shown in the documentation. Text is a rule with its target.</summary>
    public required ImmutableArray<Example> Examples { get; init; }

    /// <summary>Null when the module exists for both families.</summary>
    public Family? OnlyFamily { get; init; }

    /// <summary>Protocols one of which <c>-p</c> (not negated) must name; empty when any will do. The kernel checks this when the table is committed.</summary>
    public ImmutableArray<byte> Protocols { get; init; } = [];

    /// <summary>Tables the target may stand in; empty for all. The kernel checks this when the table is committed, wherever the rule stands.</summary>
    public ImmutableArray<string> Tables { get; init; } = [];

    /// <summary>Built-in chains from which a rule with the target may be reached; empty for all. The kernel checks this when the table is committed.</summary>
    public ImmutableArray<string> Chains { get; init; } = [];

    /// <summary>What the target asks of the rule's conditions: one sentence on what is missing, or null.</summary>
    public Func<ImmutableArray<Match>, string?>? MissingCondition { get; init; }
}
