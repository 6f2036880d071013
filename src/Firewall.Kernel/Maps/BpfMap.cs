using System.Runtime.InteropServices;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Loading;

namespace Firewall.Kernel.Maps;

/// <summary>
/// A map in the kernel, held by its descriptor. Keys and values are bytes; the generic overloads take any plain structure. For
/// a per-CPU map a value as the kernel gives and takes it is <see cref="PerProcessorValue"/>.
/// </summary>
public sealed unsafe class BpfMap : IDisposable
{
    private BpfMap(FileDescriptor descriptor, MapType type, int keySize, int valueSize, int maxEntries, string name, uint id)
    {
        Descriptor = descriptor;
        Type = type;
        KeySize = keySize;
        ValueSize = valueSize;
        MaxEntries = maxEntries;
        Name = name;
        Id = id;
    }

    /// <summary>As the kernel keeps it: at most 15 characters.</summary>
    public string Name { get; }

    public MapType Type { get; }

    public int KeySize { get; }

    /// <summary>Bytes of one value, of one processor in a per-CPU map.</summary>
    public int ValueSize { get; }

    public int MaxEntries { get; }

    /// <summary>The kernel's number for this map, as bpftool shows it.</summary>
    public uint Id { get; }

    public bool IsPerProcessor => Type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash;

    /// <summary>Bytes that a lookup writes and an update reads: all processors' copies of a per-CPU map, padded.</summary>
    public int TransferSize => IsPerProcessor ? PerProcessorValue.Stride(ValueSize) * Processors.Possible.Length : ValueSize;

    internal FileDescriptor Descriptor { get; }

    private bool IsArray => Type is MapType.Array or MapType.PerCpuArray or MapType.ProgramArray;

    /// <summary>BPF_MAP_CREATE, without the initial entries.</summary>
    public static BpfMap Create(MapSpec spec)
    {
        var attributes = new MapCreateAttributes
        {
            Type = (uint)spec.Type,
            KeySize = (uint)spec.KeySize,
            ValueSize = (uint)spec.ValueSize,
            MaxEntries = (uint)spec.MaxEntries,
            Flags = spec.Flags,
            Name = BpfCall.NameOf(spec.Name),
        };
        if (MapBtf.Build(spec) is not { } types) { return Create(spec, attributes); }
        using var btf = TypeInformation.Load(types.Types, $"load the BTF of map {spec.Name}");
        using var loan = btf.Lend();
        return Create(spec, attributes with { Btf = loan.Number, BtfKeyType = types.Key, BtfValueType = types.Value });
    }

    private static BpfMap Create(MapSpec spec, MapCreateAttributes attributes)
    {
        var error = BpfCall.Try(BpfCommand.MapCreate, ref attributes, out var number);
        if (error == Errno.EPERM && LockedMemory.Unlimit())
        {
            error = BpfCall.Try(BpfCommand.MapCreate, ref attributes, out number);
        }

        return error == Errno.None
            ? Open(new FileDescriptor(number))
            : throw Refusal.Of(BpfCommand.MapCreate, error, $"create map {spec.Name} ({spec.MaxEntries} entries, {spec.Type})");
    }

    /// <summary>The map with that number, BPF_MAP_GET_FD_BY_ID.</summary>
    public static BpfMap OpenById(uint id)
    {
        var attributes = new IdentityAttributes { Id = id };
        return Open(BpfCall.Open(BpfCommand.MapGetById, ref attributes, $"open map {id}"));
    }

    /// <summary>Takes the descriptor over and asks the kernel what it stands for.</summary>
    internal static BpfMap Open(FileDescriptor descriptor)
    {
        var info = BpfCall.Information<MapInformation>(descriptor, "describe a map");
        return new BpfMap(
            descriptor,
            (MapType)info.Type,
            (int)info.KeySize,
            (int)info.ValueSize,
            (int)info.MaxEntries,
            BpfCall.TextOf(info.Name),
            info.Id);
    }

    /// <summary>False when there is no such entry.</summary>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckSizes(key.Length, value.Length);
        fixed (byte* k = key, v = value)
        {
            return Element(BpfCommand.MapLookupElement, k, v, 0, out var error)
                || (error == Errno.ENOENT ? false : throw Refuse(BpfCommand.MapLookupElement, error, "look up an entry"));
        }
    }

    /// <summary>The value in a buffer of its own, or null when there is no such entry.</summary>
    public byte[]? Lookup(ReadOnlySpan<byte> key)
    {
        var value = new byte[TransferSize];
        return TryLookup(key, value) ? value : null;
    }

    public bool TryLookup<TKey, TValue>(in TKey key, out TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        value = default;
        return TryLookup(Bytes(in key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
    }

    /// <summary>The copies of all processors, or null when there is no such entry.</summary>
    public PerProcessorValue? LookupPerProcessor(ReadOnlySpan<byte> key) =>
        IsPerProcessor ? Lookup(key) is { } bytes ? new PerProcessorValue(bytes, ValueSize) : null : throw NotPerProcessor();

    public PerProcessorValue? LookupPerProcessor<TKey>(in TKey key)
        where TKey : unmanaged => LookupPerProcessor(Bytes(in key));

    /// <summary>A value of <see cref="ValueSize"/> bytes given to a per-CPU map is written for every processor.</summary>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdate mode = MapUpdate.CreateOrReplace)
    {
        if (IsPerProcessor && value.Length == ValueSize && value.Length != TransferSize)
        {
            value = PerProcessorValue.Spread(value);
        }

        CheckSizes(key.Length, value.Length);
        fixed (byte* k = key, v = value)
        {
            if (!Element(BpfCommand.MapUpdateElement, k, v, (ulong)mode, out var error))
            {
                throw Refuse(BpfCommand.MapUpdateElement, error, "update an entry");
            }
        }
    }

    public void Update<TKey, TValue>(in TKey key, in TValue value, MapUpdate mode = MapUpdate.CreateOrReplace)
        where TKey : unmanaged
        where TValue : unmanaged => Update(Bytes(in key), Bytes(in value), mode);

    /// <summary>False when there was no such entry. Entries of arrays cannot be deleted.</summary>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        CheckSizes(key.Length, TransferSize);
        fixed (byte* k = key)
        {
            return Element(BpfCommand.MapDeleteElement, k, null, 0, out var error)
                || (error == Errno.ENOENT ? false : throw Refuse(BpfCommand.MapDeleteElement, error, "delete an entry"));
        }
    }

    public bool Delete<TKey>(in TKey key)
        where TKey : unmanaged => Delete(Bytes(in key));

    /// <summary>
    /// The key after <paramref name="key"/> in the map's own order, or the first when it is null; null after the last. When the
    /// entry of <paramref name="key"/> has been deleted meanwhile a hash starts again from its first key.
    /// </summary>
    public byte[]? NextKey(byte[]? key)
    {
        var next = new byte[KeySize];
        fixed (byte* k = key, n = next)
        {
            return Element(BpfCommand.MapGetNextKey, k, n, 0, out var error)
                ? next
                : error == Errno.ENOENT ? null : throw Refuse(BpfCommand.MapGetNextKey, error, "walk the keys");
        }
    }

    /// <summary>All keys. At most as many steps are taken as entries fit, so a map that changes meanwhile cannot hold us for ever.</summary>
    public IEnumerable<byte[]> Keys()
    {
        byte[]? key = null;
        for (var steps = 0; steps < MaxEntries && (key = NextKey(key)) is not null; steps++)
        {
            yield return key;
        }
    }

    /// <summary>All entries, in few calls where the kernel has batches (Linux 5.6, per-CPU arrays 5.13), else one by one.</summary>
    public IReadOnlyList<(byte[] Key, byte[] Value)> Entries()
    {
        if (new MapBatch(this).TryReadAll(out var entries))
        {
            return entries;
        }

        entries = [];
        foreach (var key in Keys())
        {
            if (Lookup(key) is { } value)
            {
                entries.Add((key, value));
            }
        }

        return entries;
    }

    /// <summary>Writes many entries, in few calls where the kernel has batches.</summary>
    public void UpdateAll(IReadOnlyCollection<(byte[] Key, byte[] Value)> entries)
    {
        const int WorthABatch = 16;
        if (entries.Count >= WorthABatch && !IsPerProcessor && new MapBatch(this).TryWriteAll(entries))
        {
            return;
        }

        foreach (var (key, value) in entries)
        {
            Update(key, value);
        }
    }

    /// <summary>BPF_MAP_FREEZE: user space cannot write it any more. The verifier then takes a map that programs only read as constant.</summary>
    public void Freeze()
    {
        using var loan = Descriptor.Lend();
        var attributes = new MapElementAttributes { Map = loan.Number };
        BpfCall.Demand(BpfCommand.MapFreeze, ref attributes, $"freeze {this}");
    }

    public void Dispose() => Descriptor.Dispose();

    public override string ToString() => $"map {Name} (id {Id})";

    internal KernelException Refuse(BpfCommand command, Errno error, string operation) => error switch
    {
        Errno.E2BIG when IsArray => new KernelException($"{operation} of {this}", error, $"the map has {MaxEntries} entries"),
        Errno.E2BIG => new KernelException($"{operation} of {this}", error, $"the map is full ({MaxEntries} entries)"),
        _ => Refusal.Of(command, error, $"{operation} of {this}"),
    };

    private bool Element(BpfCommand command, byte* key, byte* value, ulong flags, out Errno error)
    {
        using var loan = Descriptor.Lend();
        var attributes = new MapElementAttributes { Map = loan.Number, Key = (ulong)key, Value = (ulong)value, Flags = flags };
        error = BpfCall.Try(command, ref attributes);
        return error == Errno.None;
    }

    /// <summary>The kernel believes these lengths blindly, so a short buffer would be overrun.</summary>
    private void CheckSizes(int key, int value)
    {
        if (key != KeySize)
        {
            throw new ArgumentException($"{this} has keys of {KeySize} bytes, not {key}", nameof(key));
        }

        if (value != TransferSize)
        {
            throw new ArgumentException($"{this} has values of {TransferSize} bytes, not {value}", nameof(value));
        }
    }

    private InvalidOperationException NotPerProcessor() => new($"{this} is a {Type}, which has one value for all processors");

    private static ReadOnlySpan<byte> Bytes<T>(in T plain)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in plain));
}
