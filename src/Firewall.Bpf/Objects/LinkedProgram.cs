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
    ImmutableArray<LineEntry> Lines)
{
    public ProgramType Type { get; init; } = ProgramType.Xdp;

    /// <summary>Slots that wait for numbers of the kernel that loads them.</summary>
    public ImmutableArray<KernelReference> KernelReferences { get; init; } = [];
}

/// <summary>Where a function begins in the linked code, in slots.</summary>
public sealed record LinkedFunction(string Name, FunctionKind Kind, int ScalarArguments, int Start);

/// <summary>A wide load that waits for a map's descriptor.</summary>
/// <param name="ValueOffset">Bytes into the map's only value, or null for the map itself.</param>
public sealed record MapReference(int Index, string MapName, int? ValueOffset);

/// <summary>A call or a field access that waits for the kernel's BTF; exactly one of the two is there.</summary>
/// <param name="Function">The call's immediate becomes the BTF id of this function.</param>
/// <param name="Field">A memory access' offset, or else the immediate, becomes the offset of this field.</param>
public sealed record KernelReference(int Index, KernelFunction? Function, KernelField? Field);
