namespace Firewall.Compiler.CodeGeneration;

/// <summary>Offsets in <c>struct xdp_md</c> (include/uapi/linux/bpf.h) and the program's return codes.</summary>
internal static class XdpContextField
{
    public const short Data = 0;
    public const short DataEnd = 4;
    public const short IngressIfindex = 12;
}

/// <summary><c>enum xdp_action</c>.</summary>
internal static class XdpAction
{
    public const int Aborted = 0;
    public const int Drop = 1;
    public const int Pass = 2;
    public const int Transmit = 3;
}
