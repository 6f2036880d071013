namespace Firewall.Kernel.Pins;

/// <summary>
/// bpffs reserves names with dots (bpf_lookup in kernel/bpf/inode.c answers EPERM), but interfaces are called eth0.10 and maps .rodata;
/// so a dot is written %2e, and the percent sign %25.
/// </summary>
internal static class PinName
{
    public static string Encode(string name) => name
        .Replace("%", "%25", StringComparison.Ordinal)
        .Replace(".", "%2e", StringComparison.Ordinal);

    public static string Decode(string name) => name
        .Replace("%2e", ".", StringComparison.Ordinal)
        .Replace("%25", "%", StringComparison.Ordinal);
}
