using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>
/// A map as host and program see it. Values live in one region of the machine's memory, one cell each; of per-CPU maps
/// there are only the values of the processor the machine is.
/// </summary>
public abstract class VmMap
{
    /// <summary>BPF_NOEXIST: update only if there is no such key yet.</summary>
    protected const ulong OnlyNew = 1;

    /// <summary>BPF_EXIST: update only if the key is there.</summary>
    protected const ulong OnlyExisting = 2;

    private protected VmMap(MapSpec spec, MemoryRegion region)
    {
        Spec = spec;
        Region = region;
    }

    public MapSpec Spec { get; }

    internal MemoryRegion Region { get; }

    /// <summary>A copy of the value, or null when the key is not there.</summary>
    public byte[]? Read(ReadOnlySpan<byte> key)
    {
        CheckKey(key);
        var cell = Find(key);
        return cell < 0 ? null : Region.Cell(cell).ToArray();
    }

    /// <summary>Sets the value of a key, new or not; what the kernel answers with an error is an exception here.</summary>
    public void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        CheckKey(key);
        if (value.Length != Spec.ValueSize)
        {
            throw new ArgumentException($"a value of {Spec.Name} has {Spec.ValueSize} bytes, not {value.Length}", nameof(value));
        }

        var result = Update(key, value, 0);
        if (result != 0)
        {
            throw new InvalidOperationException($"{Spec.Name}: update failed with error {-result}");
        }
    }

    /// <summary>The bytes of an array's value themselves, not a copy.</summary>
    public virtual Span<byte> Value(int index) => throw new NotSupportedException($"{Spec.Name} is a {Spec.Type}, its values have no index");

    /// <summary>Back to the state before initial entries: arrays all zero, hashes empty.</summary>
    public abstract void Clear();

    /// <summary>The keys that <c>bpf_for_each_map_elem</c> visits; empty where the kernel has no such walk.</summary>
    internal virtual IEnumerable<byte[]> Keys() => [];

    /// <summary>The cell of the key's value, or -1.</summary>
    internal abstract int Find(ReadOnlySpan<byte> key);

    /// <summary>0 or a negative error number, as <c>bpf_map_update_elem</c> returns it.</summary>
    internal abstract long Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags);

    /// <summary>0 or a negative error number, as <c>bpf_map_delete_elem</c> returns it.</summary>
    internal abstract long Delete(ReadOnlySpan<byte> key);

    private void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Spec.KeySize)
        {
            throw new ArgumentException($"a key of {Spec.Name} has {Spec.KeySize} bytes, not {key.Length}", nameof(key));
        }
    }
}
