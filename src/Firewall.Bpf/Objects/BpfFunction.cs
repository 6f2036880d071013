using System.Collections.Immutable;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>How a function is called, which decides its C prototype and its linkage in BTF.</summary>
public enum FunctionKind
{
    /// <summary>An entry: <c>int f(struct xdp_md *ctx)</c>, or with the context of the object's <see cref="ProgramType"/>.</summary>
    Program,

    /// <summary><c>int f(struct xdp_md *ctx, u64 …)</c>, or with the type's context, verified by the kernel once and on its own.</summary>
    Global,

    /// <summary>The body of <c>bpf_loop</c>: <c>static long f(u64 index, void *ctx)</c>; 0 goes on, 1 stops.</summary>
    Callback,

    /// <summary>The body of <c>bpf_for_each_map_elem</c>: <c>static long f(struct bpf_map *map, const void *key, void *value, void *ctx)</c>; 0 goes on, 1 stops.</summary>
    Visitor,
}

/// <summary>A function with its jumps resolved; calls, function pointers and maps are still names.</summary>
/// <param name="Lines">Sorted by index; empty when nothing has an origin.</param>
public sealed record BpfFunction(
    string Name,
    FunctionKind Kind,
    ImmutableArray<Instruction> Code,
    ImmutableArray<Relocation> Relocations,
    ImmutableArray<LineEntry> Lines)
{
    public const int MostScalarArguments = 4;

    /// <summary>Scalars a <see cref="FunctionKind.Global"/> function takes after the context.</summary>
    public int ScalarArguments
    {
        get;
        init => field = value is >= 0 and <= MostScalarArguments && (value == 0 || Kind == FunctionKind.Global)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "only global functions take scalars, and at most four");
    }
}
