using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Lowering;

/// <summary>A guard after everything known at compile time has been folded away.</summary>
/// <param name="Stages">Asked one after the other; a stage ends in a search, or where an expensive question begins.</param>
public sealed record LoweredGuard(ImmutableArray<Stage> Stages)
{
    /// <summary>What may be unknown, in the order of the rule.</summary>
    public IEnumerable<Doubt> Doubts => Stages.SelectMany(s => s.Atoms).OfType<Doubtful>().Select(d => d.Doubt).Distinct();

    /// <summary>The first doubt that holds for every packet.</summary>
    public StandingDoubt? Standing => Doubts.OfType<StandingDoubt>().FirstOrDefault();

    /// <summary>Nothing is asked: every packet matches.</summary>
    public bool IsUnconditional => Stages.All(s => s.Atoms.IsEmpty && s.Search is null);

    /// <summary>No packet matches, and none is dropped in trying.</summary>
    public bool IsNever => Stages[0].Atoms is [Never, ..];

    /// <summary>Whether some packet goes on to the next rule without matching.</summary>
    public bool CanMiss => Stages.Any(s => s.Search is not null || s.Atoms.Any(a => a is not (ChainGate or HotdropUnless or HeaderGate { Base: HeaderBase.Transport } or Doubtful { Possible: null })));

    /// <summary>The doubts that stand before an atom, given by its stage and its place there; past the end for the search.</summary>
    public ImmutableArray<Doubt> DoubtsBefore(int stage, int atom) =>
        [.. Stages.Take(stage).SelectMany(s => s.Atoms).Concat(Stages[stage].Atoms.Take(atom)).OfType<Doubtful>().Select(d => d.Doubt).Distinct()];
}

/// <summary>Atoms that are folded into one branch, then, perhaps, a search.</summary>
/// <param name="AsksTracking">Whether conntrack must have been asked before.</param>
public sealed record Stage(ImmutableArray<Atom> Atoms, Search? Search, bool AsksTracking = false);
