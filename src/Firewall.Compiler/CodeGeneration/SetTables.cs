using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Firewall.Bpf.Objects;
using Firewall.Rules.Sets;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>Fills the maps of tables whose contents are given: those of IP sets.</summary>
internal static class SetTables
{
    /// <summary>The map with the set's elements; any other map as it is.</summary>
    /// <exception cref="BudgetExceededException">The set has more pairs of prefix lengths than there is room for.</exception>
    public static MapSpec Fill(MapSpec map, MemoryLayout layout, CompileOptions options)
    {
        var table = layout.Tables.FirstOrDefault(t => t.Map == map.Name).Table;
        if (table is not { IsGiven: true } || options.Sets?.Sets.FirstOrDefault(s => SetImage.TableOf(s) == table) is not { } set) { return map; }
        var image = SetImage.Of(set, options.Jiffies, options.Hertz)
            ?? throw new BudgetExceededException($"set {set.Name}", set.Entries.Count, MostPairs, "pairs of prefix lengths");
        return map with { InitialEntries = [.. image.Entries.Select(e => new MapEntry(Bytes(e.Key, map.KeySize), Bytes(e.Value, map.ValueSize)))] };
    }

    private const int MostPairs = 768;

    private static ImmutableArray<byte> Bytes(ImmutableArray<ulong> words, int size)
    {
        var bytes = new byte[size];
        for (var i = 0; i < words.Length; i++) { BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), words[i]); }
        return ImmutableCollectionsMarshal.AsImmutableArray(bytes);
    }
}
