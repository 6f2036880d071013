using Firewall.Kernel.Netfilter;

namespace Firewall.Kernel.Links;

/// <summary>A place in the IP layer where netfilter asks: <c>enum nf_inet_hooks</c> of include/uapi/linux/netfilter.h.</summary>
public enum NetfilterHook
{
    PreRouting = 0,
    LocalIn = 1,
    Forward = 2,
    LocalOut = 3,
    PostRouting = 4,
}

/// <summary>
/// Where a program stands: at a hook of one family, immediately before an iptables table. It has two priorities for that, because no two
/// programs may have the same: a successor is linked at the one that is free before its predecessor goes.
/// </summary>
/// <param name="TablePriority">Of the table, NF_IP_PRI_* of include/uapi/linux/netfilter_ipv4.h; lower ones come first.</param>
public sealed record NetfilterPlace(AddressFamily Family, NetfilterHook Hook, int TablePriority)
{
    private const int RawPriority = -300;
    private const int FilterPriority = 0;

    /// <summary>The two, the nearer first.</summary>
    internal IEnumerable<int> Priorities => [TablePriority - 1, TablePriority - 2];

    /// <summary>Before iptables' table raw; raw itself stands behind defragmentation (-400) and before connection tracking (-200).</summary>
    public static NetfilterPlace BeforeRaw(AddressFamily family, NetfilterHook hook) => new(family, hook, RawPriority);

    /// <summary>Before iptables' table filter, behind mangle, DNAT and connection tracking.</summary>
    public static NetfilterPlace BeforeFilter(AddressFamily family, NetfilterHook hook) => new(family, hook, FilterPriority);

    public override string ToString() => $"{(Family == AddressFamily.Ipv4 ? "IPv4" : "IPv6")} {Name(Hook)} before priority {TablePriority}";

    private static string Name(NetfilterHook hook) => hook switch
    {
        NetfilterHook.PreRouting => "PREROUTING",
        NetfilterHook.LocalIn => "INPUT",
        NetfilterHook.Forward => "FORWARD",
        NetfilterHook.LocalOut => "OUTPUT",
        _ => "POSTROUTING",
    };
}
