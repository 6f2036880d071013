using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Matches;

/// <summary>A match of a module that is parsed and printed but not yet understood; keeps its words.</summary>
/// <param name="Name">The module's name as written.</param>
/// <param name="Words">Everything that followed, unquoted, <c>!</c> included.</param>
public sealed record OpaqueMatch(string Name, ImmutableArray<string> Words) : Match
{
    public override string ModuleName => Name;

    public override Guard Meaning(Family family) => Guard.Of(new Unknowable(DeferReason.Match));

    public override void Print(OptionWriter writer) => writer.WriteWords(Words);

    public bool Equals(OpaqueMatch? other) => other is not null && Name == other.Name && Words.AsSpan().SequenceEqual(other.Words.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Words.Length);
}
