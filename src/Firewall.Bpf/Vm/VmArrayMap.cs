using System.Buffers.Binary;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>Array and per-CPU array: every index exists, from the start and for ever (kernel/bpf/arraymap.c).</summary>
internal sealed class VmArrayMap : VmMap
{
    public VmArrayMap(MapSpec spec, MemoryRegion region)
        : base(spec, region)
    {
        region.Bytes = new byte[(long)spec.MaxEntries * spec.ValueSize];
    }

    public override Span<byte> Value(int index) => index >= 0 && index < Spec.MaxEntries
        ? Region.Cell(index)
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"{Spec.Name} has {Spec.MaxEntries} entries");

    public override void Clear() => Region.Bytes.AsSpan().Clear();

    internal override int Find(ReadOnlySpan<byte> key) =>
        BinaryPrimitives.ReadUInt32LittleEndian(key) is var index && index < (uint)Spec.MaxEntries ? (int)index : -1;

    internal override long Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        if (flags > OnlyExisting)
        {
            return Errno.Invalid;
        }

        var cell = Find(key);
        if (cell < 0)
        {
            return Errno.TooBig;
        }

        if (flags == OnlyNew)
        {
            return Errno.Exists;
        }

        value.CopyTo(Region.Cell(cell));
        return 0;
    }

    internal override long Delete(ReadOnlySpan<byte> key) => Errno.Invalid;
}
