using System.Buffers.Binary;
using System.Numerics;

namespace Firewall.Rules.Packets;

/// <summary>Checksums of the protocols that <see cref="Packet"/> builds.</summary>
internal static class Checksum
{
    /// <summary>RFC 1071, over bytes whose own checksum field is zero.</summary>
    public static ushort Internet(ReadOnlySpan<byte> bytes, uint sum = 0)
    {
        sum += Sum(bytes);
        while (sum > ushort.MaxValue) { sum = (sum & ushort.MaxValue) + (sum >> 16); }
        return (ushort)~sum;
    }

    /// <summary>The sum of 16-bit words, an odd last byte padded with zero.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length >= 2; bytes = bytes[2..]) { sum += BinaryPrimitives.ReadUInt16BigEndian(bytes); }
        return bytes.IsEmpty ? sum : sum + (uint)(bytes[0] << 8);
    }

    /// <summary>RFC 9260, appendix A: CRC-32C, to be stored least significant byte first.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes) { crc = BitOperations.Crc32C(crc, b); }
        return ~crc;
    }
}

/// <summary>Fills the checksum (and for UDP the length) of a transport header.</summary>
internal static class TransportChecksum
{
    public static void Fill(byte protocol, Span<byte> bytes, ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination)
    {
        var pseudoHeader = Checksum.Sum(source) + Checksum.Sum(destination) + protocol + (uint)bytes.Length;
        switch (protocol)
        {
            case 1: Write(bytes[2..], Checksum.Internet(bytes)); break;
            case 6: Write(bytes[16..], Checksum.Internet(bytes, pseudoHeader)); break;
            case 17:
                Write(bytes[4..], (ushort)bytes.Length);
                Write(bytes[6..], NotZero(Checksum.Internet(bytes, pseudoHeader)));
                break;
            case 33: Write(bytes[6..], Checksum.Internet(bytes, pseudoHeader)); break;
            case 58: Write(bytes[2..], Checksum.Internet(bytes, pseudoHeader)); break;
            case 132: BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Checksum.Crc32C(bytes)); break;
            case 136: Write(bytes[6..], NotZero(Checksum.Internet(bytes, pseudoHeader))); break;
            default: break;
        }
    }

    /// <summary>A computed zero is sent as ones, because zero means "none" (RFC 768).</summary>
    private static ushort NotZero(ushort checksum) => checksum == 0 ? ushort.MaxValue : checksum;

    private static void Write(Span<byte> place, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(place, value);
}
