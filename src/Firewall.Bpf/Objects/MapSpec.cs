using System.Collections.Immutable;

namespace Firewall.Bpf.Objects;

/// <summary>A map the program needs: what to create, and what it holds before the first packet.</summary>
/// <param name="Name">Unique in the object, at most 15 characters (BPF_OBJ_NAME_LEN less its terminator).</param>
/// <param name="KeySize">Bytes of a key; 4 for arrays.</param>
/// <param name="ValueSize">Bytes of a value; 4 for program arrays.</param>
public sealed record MapSpec(string Name, MapType Type, int KeySize, int ValueSize, int MaxEntries)
{
    private const int LongestName = 15;

    public string Name { get; init => field = CheckedName(value); } = CheckedName(Name);

    /// <summary>The kernel's BPF_F_* bits.</summary>
    public uint Flags { get; init; }

    /// <summary>
    /// Where in a value its <c>struct bpf_spin_lock</c> stands: in bytes, a multiple of eight. Only arrays and hashes have locks; the kernel finds them by the map's BTF.
    /// Null: values have none.
    /// </summary>
    public int? Lock { get; init; }

    /// <summary>Contents at load, written by whoever loads the object.</summary>
    public ImmutableArray<MapEntry> InitialEntries { get; init; } = [];

    /// <summary>For a program array: the program of each slot, from slot 0.</summary>
    public ImmutableArray<string> InitialPrograms { get; init; } = [];

    private static string CheckedName(string name) => name.Length is > 0 and <= LongestName
        ? name
        : throw new ArgumentException($"a map's name has 1 to {LongestName} characters, this one is \"{name}\"", nameof(name));
}

/// <summary>One initial entry, both sides in the bytes the kernel sees.</summary>
public sealed record MapEntry(ImmutableArray<byte> Key, ImmutableArray<byte> Value);
