namespace Firewall.Bpf.Objects;

/// <summary>The BTF of one map, for BPF_MAP_CREATE.</summary>
/// <param name="Types">Raw BTF, for BPF_BTF_LOAD.</param>
/// <param name="Key">Id of the key's type.</param>
/// <param name="Value">Id of the value's type.</param>
public sealed record MapBtf(byte[] Types, int Key, int Value)
{
    /// <summary>Null for a map that needs no types: one without a lock.</summary>
    public static MapBtf? Build(MapSpec map)
    {
        if (map.Lock is null) { return null; }
        var btf = new BtfBuilder();
        var (key, value) = new MapTypes(btf).Describe(map);
        return new MapBtf(btf.ToArray(), key, value);
    }
}

/// <summary>The C types of keys and values of maps whose values hold a lock (btf_parse_fields in kernel/bpf/btf.c), each written once and only when needed.</summary>
internal sealed class MapTypes(BtfBuilder btf)
{
    private const int LockSize = 4;
    private const int WordSize = 8;

    private int _int;
    private int _word;
    private int _lock;

    private int Int => _int != 0 ? _int : _int = btf.Int("unsigned int", 4, signed: false);

    private int Word => _word != 0 ? _word : _word = btf.Int("unsigned long long", WordSize, signed: false);

    private int Lock => _lock != 0 ? _lock : _lock = btf.Struct("bpf_spin_lock", LockSize, [("val", Int, 0)]);

    public (int Key, int Value) Describe(MapSpec map)
    {
        var at = map.Lock!.Value;
        if (map.Type is not (MapType.Array or MapType.Hash) || at % WordSize != 0 || at + LockSize > map.ValueSize || (map.KeySize != 4 && map.KeySize % WordSize != 0))
        {
            throw new ArgumentException($"map {map.Name} cannot have a lock at byte {at}", nameof(map));
        }

        var key = map.KeySize == 4 ? Int : btf.Array(Word, Int, (uint)(map.KeySize / WordSize));
        List<(string Name, int Type, int Offset)> members = [("lock", Lock, at)];
        if (at > 0) { members.Insert(0, ("words", btf.Array(Word, Int, (uint)(at / WordSize)), 0)); }
        return (key, btf.Struct(map.Name, map.ValueSize, members));
    }
}
