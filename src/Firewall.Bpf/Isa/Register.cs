namespace Firewall.Bpf.Isa;

/// <summary>
/// One of the eleven eBPF registers: R0 returns, R1 to R5 pass arguments, R6 to R9 survive calls,
/// R10 is the read-only frame pointer (RFC 9669, section 3).
/// </summary>
public readonly record struct Register(byte Number)
{
    public const int Count = 11;

    public static Register R0 => new(0);

    public static Register R1 => new(1);

    public static Register R2 => new(2);

    public static Register R3 => new(3);

    public static Register R4 => new(4);

    public static Register R5 => new(5);

    public static Register R6 => new(6);

    public static Register R7 => new(7);

    public static Register R8 => new(8);

    public static Register R9 => new(9);

    public static Register R10 => new(10);

    /// <summary>One past the highest byte of the function's 512-byte stack.</summary>
    public static Register FramePointer => R10;

    public override string ToString() => $"r{Number}";
}
