using System.Collections.Immutable;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>
/// A program as BPF_PROG_LOAD takes it, except that its maps have no descriptors yet: each slot of
/// <see cref="MapReferences"/> is a wide load whose source field is set and whose immediate is still zero.
/// </summary>
/// <param name="Functions">In the order of their code; the program itself comes first.</param>
/// <param name="Lines">Line table of the whole code; every function starts with an entry if any function has one.</param>
public sealed record LinkedProgram(
    string Name,
    string License,
    ImmutableArray<Instruction> Code,
    ImmutableArray<LinkedFunction> Functions,
    ImmutableArray<MapReference> MapReferences,
    ImmutableArray<LineEntry> Lines);

/// <summary>Where a function begins in the linked code, in slots.</summary>
public sealed record LinkedFunction(string Name, FunctionKind Kind, int ScalarArguments, int Start);

/// <summary>A wide load that waits for a map's descriptor.</summary>
/// <param name="ValueOffset">Bytes into the map's only value, or null for the map itself.</param>
public sealed record MapReference(int Index, string MapName, int? ValueOffset);
