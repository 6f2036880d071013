using System.Buffers.Binary;
using System.Globalization;

namespace Firewall.Kernel.Network;

/// <summary>A six-byte Ethernet address, kept in the low 48 bits of a number.</summary>
public readonly record struct MacAddress(ulong Bits)
{
    public const int Size = 6;

    public static MacAddress Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> wide = stackalloc byte[8];
        bytes[..Size].CopyTo(wide[2..]);
        return new MacAddress(BinaryPrimitives.ReadUInt64BigEndian(wide));
    }

    public static MacAddress Parse(string text) =>
        new(ulong.Parse(text.Replace(":", "", StringComparison.Ordinal), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    public byte[] ToBytes()
    {
        var wide = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(wide, Bits);
        return wide[2..];
    }

    public override string ToString() => string.Join(':', ToBytes().Select(b => b.ToString("x2")));
}
