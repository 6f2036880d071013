using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Probe;
using Firewall.Rules.Sets;

namespace Firewall.Cli.Sets;

/// <summary>A set of an attached firewall: its map, and the header that says how to read it.</summary>
/// <param name="map">The map of the set's table.</param>
/// <param name="header">The set; of its elements only those of a list count, for their order.</param>
/// <param name="clock">Now.</param>
internal sealed class SetMap(BpfMap map, SetDefinition header, KernelClock clock)
{
    public SetDefinition Header => header;

    /// <summary>An entry as the kernel sees it: 64-bit words in the host's byte order.</summary>
    public static MapEntry MapEntryOf(TableEntry entry) => new([.. Bytes(entry.Key)], [.. Bytes(entry.Value)]);

    /// <summary>The set as it is now.</summary>
    public SetDefinition Read() => SetContents.Of(header, Entries(), clock.Jiffies, clock.Hertz);

    /// <summary>
    /// Puts an element in, or renews it. Where the program knows elements of its kind already that is one entry; else, and for interfaces, all contents change at one blow.
    /// </summary>
    public void Add(SetEntry entry)
    {
        var old = Read();
        var others = old.Entries.Where(e => !e.Values.Equals(entry.Values));
        Replace(header with { Entries = [.. others, entry] });
    }

    /// <summary>Takes an element out; false when there is none.</summary>
    public bool Remove(SetEntry entry)
    {
        var old = Read();
        if (old.Entries.All(e => !e.Values.Equals(entry.Values))) { return false; }
        Replace(header with { Entries = [.. old.Entries.Where(e => !e.Values.Equals(entry.Values))] });
        return true;
    }

    /// <summary>
    /// Other contents, of a new generation: first the elements, then the head that makes them count, then the old ones go. What the program counts in between is lost.
    /// </summary>
    /// <exception cref="CommandFailedException">There is no room, or there are too many pairs of prefix lengths.</exception>
    public void Replace(SetDefinition contents)
    {
        var generation = (byte)(Generation() + 1);
        if (SetImage.Of(header with { Entries = contents.Entries }, clock.Jiffies, clock.Hertz, generation) is not { } image)
        {
            throw CommandFailedException.BadInput($"the set {header.Name} has too many different pairs of prefix lengths");
        }

        RemoveAllBut(Generation());
        map.UpdateAll([.. image.Entries[..^1].Select(e => (Bytes(e.Key), Bytes(e.Value)))]);
        map.Update(Bytes(image.Entries[^1].Key), Bytes(image.Entries[^1].Value));
        RemoveAllBut(generation);
    }

    private byte Generation() => map.Lookup(Bytes(SetImage.HeadKey(header))) is { } head ? (byte)(Words(head)[0] >> 56) : (byte)0;

    private void RemoveAllBut(byte generation)
    {
        foreach (var key in map.Keys().ToList())
        {
            if (SetImage.GenerationOf(Words(key)) is { } other && other != generation) { map.Delete(key); }
        }
    }

    private IEnumerable<TableEntry> Entries() => map.Entries().Select(e => new TableEntry(Words(e.Key), Words(e.Value)));

    private static byte[] Bytes(ImmutableArray<ulong> words) => MemoryMarshal.AsBytes(words.AsSpan()).ToArray();

    private static ImmutableArray<ulong> Words(byte[] bytes) => [.. MemoryMarshal.Cast<byte, ulong>(bytes)];
}
