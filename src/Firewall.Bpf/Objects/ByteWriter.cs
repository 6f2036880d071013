using System.Buffers;
using System.Buffers.Binary;

namespace Firewall.Bpf.Objects;

/// <summary>Little-endian bytes in the making.</summary>
internal sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public int Length => _bytes.WrittenCount;

    public void Byte(byte value) => _bytes.Write([value]);

    public void Bytes(ReadOnlySpan<byte> value) => _bytes.Write(value);

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
    }

    public void Int32(int value) => UInt32((uint)value);

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void AlignTo(int alignment)
    {
        while (Length % alignment != 0)
        {
            Byte(0);
        }
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
