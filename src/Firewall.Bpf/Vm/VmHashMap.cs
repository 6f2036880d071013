using System.Numerics;
using System.Runtime.InteropServices;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>
/// Hash, per-CPU hash and LRU hash, with the answers of kernel/bpf/hashtab.c. Chained; entries take cells in order and reuse freed
/// ones, memory grows with use and not with <see cref="MapSpec.MaxEntries"/>.
/// </summary>
internal sealed class VmHashMap : VmMap
{
    private const int None = -1;
    private const int FirstCapacity = 16;

    private int[] _buckets = [];
    private int[] _next = [];
    private byte[] _keys = [];
    private int _used;
    private int _free;
    private int _count;

    /// <summary>The cell that makes room in a full LRU hash; which one the kernel takes is its own affair (kernel/bpf/bpf_lru_list.c).</summary>
    private int _victim;

    public VmHashMap(MapSpec spec, MemoryRegion region)
        : base(spec, region) => Clear();

    public override void Clear()
    {
        _used = 0;
        _count = 0;
        _free = None;
        _buckets = [];
        Grow();
    }

    internal override IEnumerable<byte[]> Keys()
    {
        foreach (var first in _buckets)
        {
            for (var cell = first; cell != None; cell = _next[cell]) { yield return KeyOf(cell).ToArray(); }
        }
    }

    internal override int Find(ReadOnlySpan<byte> key)
    {
        for (var cell = Bucket(key); cell != None; cell = _next[cell])
        {
            if (KeyOf(cell).SequenceEqual(key))
            {
                return cell;
            }
        }

        return None;
    }

    internal override long Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        if (flags > OnlyExisting)
        {
            return Errno.Invalid;
        }

        var cell = Find(key);
        if (cell != None && flags == OnlyNew)
        {
            return Errno.Exists;
        }

        if (cell == None && flags == OnlyExisting)
        {
            return Errno.NoEntry;
        }

        if (cell == None)
        {
            if (_count == Spec.MaxEntries)
            {
                if (Spec.Type != MapType.LruHash)
                {
                    return Errno.TooBig;
                }

                Delete(KeyOf(_victim++ % _used));
            }

            cell = Insert(key);
        }

        value.CopyTo(Region.Cell(cell));
        return 0;
    }

    internal override long Delete(ReadOnlySpan<byte> key)
    {
        ref var link = ref Bucket(key);
        while (link != None)
        {
            var cell = link;
            if (KeyOf(cell).SequenceEqual(key))
            {
                link = _next[cell];
                _next[cell] = _free;
                _free = cell;
                _count--;
                return 0;
            }

            link = ref _next[cell];
        }

        return Errno.NoEntry;
    }

    private int Insert(ReadOnlySpan<byte> key)
    {
        int cell;
        if (_free != None)
        {
            cell = _free;
            _free = _next[cell];
        }
        else
        {
            if (_used == _next.Length)
            {
                Grow();
            }

            cell = _used++;
        }

        key.CopyTo(KeyOf(cell));
        Link(cell);
        _count++;
        return cell;
    }

    /// <summary>Doubles the room and links every entry anew; only called when no freed cell is left.</summary>
    private void Grow()
    {
        var capacity = Math.Max(FirstCapacity, _buckets.Length * 2);
        Array.Resize(ref _next, capacity);
        Array.Resize(ref _keys, capacity * Spec.KeySize);
        var values = Region.Bytes;
        Array.Resize(ref values, capacity * Spec.ValueSize);
        Region.Bytes = values;
        _buckets = new int[capacity];
        Array.Fill(_buckets, None);
        for (var cell = 0; cell < _used; cell++)
        {
            Link(cell);
        }
    }

    private void Link(int cell)
    {
        ref var head = ref Bucket(KeyOf(cell));
        _next[cell] = head;
        head = cell;
    }

    private Span<byte> KeyOf(int cell) => _keys.AsSpan(cell * Spec.KeySize, Spec.KeySize);

    private ref int Bucket(ReadOnlySpan<byte> key) => ref _buckets[Hash(key) & (uint)(_buckets.Length - 1)];

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        const ulong Multiplier = 0x9e37_79b9_7f4a_7c15;
        var hash = (ulong)key.Length;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(key))
        {
            hash = BitOperations.RotateLeft((hash ^ word) * Multiplier, 29);
        }

        foreach (var rest in key[(key.Length & ~7)..])
        {
            hash = BitOperations.RotateLeft((hash ^ rest) * Multiplier, 29);
        }

        return (uint)((hash * Multiplier) >> 32);
    }
}
