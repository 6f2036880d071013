using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>A target that is parsed and printed but not yet understood; keeps its words.</summary>
/// <param name="Module">Its name as written.</param>
/// <param name="Words">Its options, unquoted, <c>!</c> included.</param>
public sealed record OpaqueTarget(string Module, ImmutableArray<string> Words) : Target
{
    public override string Name => Module;

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    public override void Print(OptionWriter writer)
    {
        writer.WriteWords(["-j", Module]);
        writer.WriteWords(Words);
    }

    public bool Equals(OpaqueTarget? other) => other is not null && Module == other.Module && Words.AsSpan().SequenceEqual(other.Words.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Module, Words.Length);
}
