using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>A slot whose immediate is known only when the function meets its maps, its neighbours and its kernel.</summary>
/// <param name="Index">The slot in the function's code; of a wide load the first.</param>
public abstract record Relocation(int Index);

/// <summary>A wide load that becomes the map itself.</summary>
public sealed record MapRelocation(int Index, string MapName) : Relocation(Index);

/// <summary>A wide load that becomes the address <paramref name="Offset"/> bytes into the only value of an array.</summary>
public sealed record MapValueRelocation(int Index, string MapName, int Offset) : Relocation(Index);

/// <summary>A call of another function of the object.</summary>
public sealed record CallRelocation(int Index, string FunctionName) : Relocation(Index);

/// <summary>A wide load that becomes the address of a function, for helpers that take callbacks.</summary>
public sealed record FunctionPointerRelocation(int Index, string FunctionName) : Relocation(Index);

/// <summary>A call of a function of the kernel.</summary>
public sealed record KernelCallRelocation(int Index, KernelFunction Function) : Relocation(Index);

/// <summary>An instruction that needs the offset of a kernel structure's member: as the offset of its memory access, or as its constant.</summary>
public sealed record KernelFieldRelocation(int Index, KernelField Field) : Relocation(Index);
