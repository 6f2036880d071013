namespace Firewall.Bpf.Isa;

/// <summary>
/// Arithmetic operations (RFC 9669, table 6). The low byte of the value is the operation's opcode bits; bit 8 says
/// that the instruction carries 1 in its offset field, which is how the signed forms are told from the unsigned.
/// </summary>
public enum AluOp
{
    Add = 0x00,
    Subtract = 0x10,
    Multiply = 0x20,

    /// <summary>Unsigned; a division by zero gives zero.</summary>
    Divide = 0x30,
    Or = 0x40,
    And = 0x50,

    /// <summary>Shifts use the low 6 bits (5 in 32-bit arithmetic) of the count.</summary>
    ShiftLeft = 0x60,
    ShiftRight = 0x70,
    Negate = 0x80,

    /// <summary>Unsigned; modulo zero leaves the destination unchanged.</summary>
    Modulo = 0x90,
    Xor = 0xa0,
    Move = 0xb0,
    ShiftRightArithmetic = 0xc0,
    SignedDivide = 0x130,
    SignedModulo = 0x190,
}
