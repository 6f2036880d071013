using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>A match module as its file declares it: what <c>-m NAME</c> brings into a rule.</summary>
/// <param name="Name">The module's name, e.g. <c>length</c>.</param>
public sealed record MatchModule(string Name)
{
    /// <summary>Other names that <c>-m</c> takes for it.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>One sentence for documentation and <c>explain</c>.</summary>
    public required string Summary { get; init; }

    /// <summary>The option grammar, in the order of the man page.</summary>
    public required ImmutableArray<Option> Options { get; init; }

    /// <summary>Builds the bound match; null after recording an error in the options.</summary>
    public required Func<GivenOptions, Match?> Create { get; init; }

    /// <summary>Sentences, packets and verdicts that are run by tests and shown in the documentation.</summary>
    public required ImmutableArray<Example> Examples { get; init; }

    /// <summary>Null when the module exists for both families.</summary>
    public Family? OnlyFamily { get; init; }

    /// <summary>Protocols one of which <c>-p</c> (not negated) must name; empty when any will do. Legacy iptables checks this when the rule is committed.</summary>
    public ImmutableArray<byte> Protocols { get; init; } = [];

    /// <summary>Whether <c>-p</c> must stand before the module's options (multiport).</summary>
    public bool NeedsProtocolFirst { get; init; }

    /// <summary>
    /// Names of the protocol that bring the module into a rule without <c>-m</c> when one of its options is met, as <c>-p tcp --dport 80</c>
    /// does; empty for none.
    /// </summary>
    public ImmutableArray<byte> ImpliedBy { get; init; } = [];

    /// <summary>Built-in chains from which a rule with the module may be reached; empty for all. The kernel checks this when the table is committed.</summary>
    public ImmutableArray<string> Chains { get; init; } = [];

    /// <summary>Tables that may hold a rule with the module; empty for all.</summary>
    public ImmutableArray<string> Tables { get; init; } = [];
}
