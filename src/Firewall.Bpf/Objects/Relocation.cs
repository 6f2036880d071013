namespace Firewall.Bpf.Objects;

/// <summary>A slot whose immediate is known only when the function meets its maps and its neighbours.</summary>
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
