namespace Firewall.Bpf.Isa;

/// <summary>Conditions of jumps; the value is the opcode bits (RFC 9669, table 9). Unsigned unless named signed.</summary>
public enum Condition
{
    Equal = 0x10,
    Above = 0x20,
    AboveOrEqual = 0x30,

    /// <summary>True when the two operands have a bit in common (<c>jset</c>).</summary>
    AnyBit = 0x40,
    NotEqual = 0x50,
    SignedGreater = 0x60,
    SignedGreaterOrEqual = 0x70,
    Below = 0xa0,
    BelowOrEqual = 0xb0,
    SignedLess = 0xc0,
    SignedLessOrEqual = 0xd0,
}

public static class Conditions
{
    /// <summary>The condition true exactly when this one is false; null for <see cref="Condition.AnyBit"/>, which has none.</summary>
    public static Condition? Inverse(this Condition condition) => condition switch
    {
        Condition.Equal => Condition.NotEqual,
        Condition.NotEqual => Condition.Equal,
        Condition.Above => Condition.BelowOrEqual,
        Condition.BelowOrEqual => Condition.Above,
        Condition.AboveOrEqual => Condition.Below,
        Condition.Below => Condition.AboveOrEqual,
        Condition.SignedGreater => Condition.SignedLessOrEqual,
        Condition.SignedLessOrEqual => Condition.SignedGreater,
        Condition.SignedGreaterOrEqual => Condition.SignedLess,
        Condition.SignedLess => Condition.SignedGreaterOrEqual,
        _ => null,
    };
}
