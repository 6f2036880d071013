using System.Diagnostics.CodeAnalysis;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>
/// A ring buffer (kernel/bpf/ringbuf.c): programs append records, the host takes them out. Room is counted as the kernel does, so a ring that the host
/// does not read becomes full at the same record.
/// </summary>
public sealed class VmRingBuffer : VmMap
{
    /// <summary>BPF_RINGBUF_HDR_SZ.</summary>
    private const int Header = 8;

    private const int NoWakeup = 1;
    private const int ForceWakeup = 2;

    private readonly Queue<byte[]> _records = [];
    private int _used;

    internal VmRingBuffer(MapSpec spec, MemoryRegion region)
        : base(spec, region)
    {
    }

    /// <summary>Takes the oldest record; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? record)
    {
        if (!_records.TryDequeue(out record)) { return false; }
        _used -= Room(record.Length);
        return true;
    }

    public override void Clear()
    {
        _records.Clear();
        (_used, Region.Bytes) = (0, []);
    }

    internal override int Find(ReadOnlySpan<byte> key) => -1;

    /// <summary>The kernel has no update for ring buffers (ENOTSUPP); here as there it fails.</summary>
    internal override long Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Errno.Invalid;

    internal override long Delete(ReadOnlySpan<byte> key) => Errno.Invalid;

    /// <summary><c>bpf_ringbuf_output</c>: 0 or a negative error number.</summary>
    internal long Output(ReadOnlySpan<byte> record, ulong flags)
    {
        if ((flags & ~(ulong)(NoWakeup | ForceWakeup)) != 0) { return Errno.Invalid; }
        if (!TryUse(record.Length)) { return Errno.TryAgain; }
        _records.Enqueue(record.ToArray());
        return 0;
    }

    /// <summary>Whether a record is reserved; the machine has one at a time.</summary>
    internal bool HasOpen => Region.Bytes.Length > 0;

    /// <summary><c>bpf_ringbuf_reserve</c>: the address of a record of zeros, or 0.</summary>
    internal ulong Reserve(int size, ulong flags)
    {
        if (flags != 0 || size == 0 || !TryUse(size)) { return 0; }
        (Region.Bytes, Region.CellSize) = (new byte[size], size);
        return Region.AddressOf(0);
    }

    /// <summary>Whether that is the address of the open record.</summary>
    internal bool IsOpen(ulong address) => HasOpen && address == Region.AddressOf(0);

    /// <summary><c>bpf_ringbuf_submit</c> and <c>bpf_ringbuf_discard</c> of the open record.</summary>
    internal void Close(bool discards)
    {
        if (discards) { _used -= Room(Region.Bytes.Length); }
        else { _records.Enqueue(Region.Bytes); }
        Region.Bytes = [];
    }

    private static int Room(int size) => (size + Header + 7) & ~7;

    private bool TryUse(int size)
    {
        if (_used + Room(size) > Spec.MaxEntries - 1) { return false; }
        _used += Room(size);
        return true;
    }
}
