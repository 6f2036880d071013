using System.Buffers.Binary;

namespace Firewall.Rules.Logging;

/// <summary>The IP packet that a line is about, read as <c>skb_header_pointer</c> does: all the bytes that are asked for, or none.</summary>
/// <param name="bytes">From the IP header on.</param>
/// <param name="length">What the packet's header says (<c>skb->len</c>); there may be fewer bytes.</param>
internal readonly ref struct PacketBytes(ReadOnlySpan<byte> bytes, int length)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly int _length = length;

    /// <summary>False when some of the bytes are not in the packet.</summary>
    public bool TryRead(int offset, int count, out ReadOnlySpan<byte> bytes)
    {
        var isThere = offset <= _bytes.Length - count;
        bytes = isThere ? _bytes.Slice(offset, count) : default;
        return isThere;
    }

    /// <summary>What the kernel prints as the number of bytes left: unsigned, so a huge number where a header begins behind the end.</summary>
    public uint Left(int offset) => unchecked((uint)(_length - offset));
}

/// <summary>Numbers in headers.</summary>
internal static class BigEndian
{
    public static ushort Half(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadUInt16BigEndian(header[offset..]);

    public static uint Word(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadUInt32BigEndian(header[offset..]);
}
