using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Lowering;

/// <summary>A guard after everything known at compile time has been folded away.</summary>
/// <param name="Stages">Asked one after the other; each but the last ends in a search.</param>
/// <param name="AsksUnknownIn">Depends on the name of the input device, which is looked up at run time.</param>
/// <param name="AsksUnknownOut">Depends on the name of the output device, which nobody knows.</param>
public sealed record LoweredGuard(ImmutableArray<Stage> Stages, bool AsksUnknownIn, bool AsksUnknownOut)
{
    /// <summary>Nothing is asked: every packet matches.</summary>
    public bool IsUnconditional => Stages.All(s => s.Atoms.IsEmpty && s.Search is null) && !AsksUnknownIn && !AsksUnknownOut;

    /// <summary>No packet matches, and none is dropped in trying.</summary>
    public bool IsNever => Stages[0].Atoms is [Never, ..];

    /// <summary>Whether some packet goes on to the next rule without matching.</summary>
    public bool CanMiss => Stages.Any(s => s.Search is not null || s.Atoms.Any(a => a is not (ChainGate or HotdropUnless or HeaderGate { Base: HeaderBase.Transport })));
}

/// <summary>Atoms that are folded into one branch, then, perhaps, a search.</summary>
public sealed record Stage(ImmutableArray<Atom> Atoms, Search? Search);
