namespace Firewall.Bpf.Vm;

/// <summary>
/// Signed division as RFC 9669 section 4.1 has it: rounds toward zero, never traps. The smallest number by -1 is
/// itself, modulo -1 is 0.
/// </summary>
internal static class SignedArithmetic
{
    public static long Divide(long left, long right) => right switch
    {
        0 => 0,
        -1 => unchecked(-left),
        _ => left / right,
    };

    public static int Divide(int left, int right) => right switch
    {
        0 => 0,
        -1 => unchecked(-left),
        _ => left / right,
    };

    public static long Modulo(long left, long right) => right switch
    {
        0 => left,
        -1 => 0,
        _ => left % right,
    };

    public static int Modulo(int left, int right) => right switch
    {
        0 => left,
        -1 => 0,
        _ => left % right,
    };
}
