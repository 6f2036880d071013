namespace Firewall.Bpf.Vm;

/// <summary>Error numbers helpers return (include/uapi/asm-generic/errno.h), already negative.</summary>
internal static class Errno
{
    public const long NoEntry = -2;
    public const long TooBig = -7;
    public const long TryAgain = -11;
    public const long BadAddress = -14;
    public const long Exists = -17;
    public const long Invalid = -22;
    public const long NoProtocol = -71;
    public const long NotSupported = -95;
}
