namespace Firewall.Kernel.Network;

/// <summary>
/// What the kernel would do with packets that arrive at one interface and are not simply for an address of this host: its settings as
/// they are in the calling thread's network namespace (Documentation/networking/ip-sysctl.rst).
/// </summary>
public sealed record InterfaceForwarding
{
    private const string Ipv4Settings = "/proc/sys/net/ipv4/conf";
    private const string Ipv6Settings = "/proc/sys/net/ipv6/conf";

    /// <summary>IPv4 packets for others are passed on: the interface's own switch decides (IN_DEV_FORWARD in net/ipv4/route.c).</summary>
    public bool Ipv4 { get; init; }

    /// <summary>
    /// IPv6 packets for others are passed on: the switch of all interfaces decides, and since Linux 6.17 the interface's
    /// force_forwarding (ip6_forward in net/ipv6/ip6_output.c).
    /// </summary>
    public bool Ipv6 { get; init; }

    /// <summary>A multicast router runs here, so that groups are forwarded and not only delivered (IN_DEV_MFORWARD).</summary>
    public bool Ipv4Multicast { get; init; }

    /// <summary>The same for IPv6 (ip6_mc_input in net/ipv6/ip6_input.c).</summary>
    public bool Ipv6Multicast { get; init; }

    /// <summary>Broadcasts to a connected subnet are forwarded, not delivered (IN_DEV_BFORWARD).</summary>
    public bool DirectedBroadcasts { get; init; }

    /// <summary>127.0.0.0/8 is accepted from the wire (IN_DEV_ROUTE_LOCALNET).</summary>
    public bool LoopbackAddresses { get; init; }

    public static InterfaceForwarding Read(string name) => new()
    {
        Ipv4 = IsOn(Ipv4Settings, name, "forwarding"),
        Ipv6 = IsOn(Ipv6Settings, "all", "forwarding") || IsOn(Ipv6Settings, name, "force_forwarding"),
        Ipv4Multicast = IsOn(Ipv4Settings, "all", "mc_forwarding") && IsOn(Ipv4Settings, name, "mc_forwarding"),
        Ipv6Multicast = IsOn(Ipv6Settings, "all", "mc_forwarding"),
        DirectedBroadcasts = IsOn(Ipv4Settings, "all", "bc_forwarding") && IsOn(Ipv4Settings, name, "bc_forwarding"),
        LoopbackAddresses = IsOn(Ipv4Settings, "all", "route_localnet") || IsOn(Ipv4Settings, name, "route_localnet"),
    };

    /// <summary>A file that is missing means a protocol or a setting that is not there, hence does nothing.</summary>
    private static bool IsOn(string settings, string name, string setting) =>
        $"{settings}/{name}/{setting}" is var path && File.Exists(path) && File.ReadAllText(path).Trim() != "0";
}
