using System.Buffers.Binary;

namespace Firewall.Kernel.Maps;

/// <summary>
/// The value of a per-CPU map: one copy for each possible processor, each padded to a multiple of eight bytes
/// (bpf_percpu_array_copy in kernel/bpf/arraymap.c).
/// </summary>
public readonly struct PerProcessorValue(ReadOnlyMemory<byte> bytes, int valueSize) : IEquatable<PerProcessorValue>
{
    /// <summary>The copy of one processor, named by its number.</summary>
    public ReadOnlySpan<byte> this[int processor]
    {
        get
        {
            var place = Processors.Possible.IndexOf(processor);
            ArgumentOutOfRangeException.ThrowIfNegative(place, nameof(processor));
            return bytes.Span.Slice(place * Stride(valueSize), valueSize);
        }
    }

    /// <summary>The sum over all processors of the 64-bit counter at <paramref name="offset"/>, wrapping as the kernel's do.</summary>
    public ulong Sum(int offset = 0)
    {
        var sum = 0UL;
        foreach (var processor in Processors.Possible)
        {
            unchecked
            {
                sum += BinaryPrimitives.ReadUInt64LittleEndian(this[processor][offset..]);
            }
        }

        return sum;
    }

    public bool Equals(PerProcessorValue other) => Whole.SequenceEqual(other.Whole);

    public override bool Equals(object? obj) => obj is PerProcessorValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes.Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(PerProcessorValue left, PerProcessorValue right) => left.Equals(right);

    public static bool operator !=(PerProcessorValue left, PerProcessorValue right) => !left.Equals(right);

    internal static int Stride(int valueSize) => (valueSize + 7) & ~7;

    /// <summary>Writes the same value for every processor.</summary>
    internal static byte[] Spread(ReadOnlySpan<byte> value)
    {
        var stride = Stride(value.Length);
        var all = new byte[stride * Processors.Possible.Length];
        for (var at = 0; at < all.Length; at += stride)
        {
            value.CopyTo(all.AsSpan(at));
        }

        return all;
    }

    private ReadOnlySpan<byte> Whole => bytes.Span;
}
