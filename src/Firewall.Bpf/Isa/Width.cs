namespace Firewall.Bpf.Isa;

/// <summary>Size of a memory access: 1, 2, 4 or 8 bytes. The value is the binary logarithm of the bytes.</summary>
public enum Width
{
    Byte = 0,
    Half = 1,
    Word = 2,
    Double = 3,
}

public static class Widths
{
    public static int Bytes(this Width width) => 1 << (int)width;

    /// <summary>The size bits of a load or store opcode (RFC 9669, table 12).</summary>
    internal static byte OpcodeBits(this Width width) => width switch
    {
        Width.Word => 0x00,
        Width.Half => 0x08,
        Width.Byte => 0x10,
        Width.Double => 0x18,
        _ => throw new ArgumentOutOfRangeException(nameof(width), width, "no such access size"),
    };

    internal static Width FromOpcode(byte opcode) => (opcode & 0x18) switch
    {
        0x00 => Width.Word,
        0x08 => Width.Half,
        0x10 => Width.Byte,
        _ => Width.Double,
    };
}
