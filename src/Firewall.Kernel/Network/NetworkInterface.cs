using Firewall.Kernel.Links;

namespace Firewall.Kernel.Network;

/// <summary>A network interface as rtnetlink describes it (<c>RTM_NEWLINK</c>, rtnetlink(7)).</summary>
public sealed record NetworkInterface
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>ARPHRD_* of include/uapi/linux/if_arp.h: 1 is Ethernet, 772 loopback, 65534 has no link header.</summary>
    public required ushort HardwareType { get; init; }

    public required InterfaceFlags Flags { get; init; }

    public MacAddress? Mac { get; init; }

    public uint Mtu { get; init; }

    /// <summary>"vlan", "bridge", "veth", …; null for physical devices and loopback (IFLA_INFO_KIND).</summary>
    public string? Kind { get; init; }

    /// <summary>The bridge, bond, team or VRF this interface belongs to (IFLA_MASTER).</summary>
    public int? Master { get; init; }

    /// <summary>The interface this one stands on (IFLA_LINK): a VLAN's parent, a veth's peer.</summary>
    public int? Lower { get; init; }

    /// <summary>Set when <see cref="Lower"/> is an index of another network namespace (IFLA_LINK_NETNSID).</summary>
    public int? LowerNamespace { get; init; }

    /// <summary>The VLAN id, when <see cref="Kind"/> is "vlan".</summary>
    public ushort? VlanId { get; init; }

    public CarriedXdp Xdp { get; init; } = CarriedXdp.None;

    public bool IsEthernet => HardwareType == 1;

    public bool IsLoopback => Flags.HasFlag(InterfaceFlags.Loopback);

    public bool IsUp => Flags.HasFlag(InterfaceFlags.Up);
}

/// <summary>IFF_* of include/uapi/linux/if.h, those that say something to a firewall.</summary>
[Flags]
public enum InterfaceFlags : uint
{
    None = 0,
    Up = 1 << 0,
    Broadcast = 1 << 1,
    Loopback = 1 << 3,
    PointToPoint = 1 << 4,
    NoArp = 1 << 7,
    Promiscuous = 1 << 8,
    AllMulticast = 1 << 9,
    Master = 1 << 10,
    Slave = 1 << 11,
    Multicast = 1 << 12,
    LowerUp = 1 << 16,
}
