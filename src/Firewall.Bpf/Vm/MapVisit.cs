namespace Firewall.Bpf.Vm;

/// <summary>
/// The entries that <c>bpf_for_each_map_elem</c> goes through: those that are there when it begins, less those deleted meanwhile (bpf_for_each_hash_elem in
/// kernel/bpf/hashtab.c).
/// </summary>
internal sealed class MapVisit(VmMap map, ulong handle, MemoryRegion keys)
{
    private readonly Queue<byte[]> _left = new(map.Keys());

    /// <summary>Callbacks made.</summary>
    public uint Visited { get; private set; }

    /// <summary>Puts the arguments for the next entry in R1 to R3; false after the last.</summary>
    public bool MoveNext(Span<ulong> registers)
    {
        while (_left.TryDequeue(out var key))
        {
            var cell = map.Find(key);
            if (cell < 0) { continue; }
            Visited++;
            keys.Bytes = key;
            keys.CellSize = key.Length;
            registers[1] = handle;
            registers[2] = keys.AddressOf(0);
            registers[3] = map.Region.AddressOf(cell);
            return true;
        }

        return false;
    }
}
