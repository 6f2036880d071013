namespace Firewall.Rules.Meaning;

/// <summary>
/// Why a packet is left to the kernel's own iptables. The list is closed and shared by the interpreter, the virtual machine
/// and the kernel; each reason has its own counter. The order is the order of the counters.
/// </summary>
public enum DeferReason
{
    /// <summary>The frame carries neither IPv4 nor IPv6 (ARP, LLDP, …); iptables never sees it.</summary>
    NotIp,

    /// <summary>No rule set was given for the packet's family.</summary>
    NoRulesForFamily,

    /// <summary>Malformed so that the program cannot read on (version, header length, total length); the IP stack drops it anyway.</summary>
    Stack,

    /// <summary>A fragment that the kernel reassembles before the chain.</summary>
    Fragment,

    /// <summary>Tagged for a VLAN (VID ≠ 0), or more than two priority tags.</summary>
    Vlan,

    /// <summary>The verdict depends on the name of the output device, which is not known here.</summary>
    OutInterface,

    /// <summary>FORWARD with a TTL or hop limit of 0 or 1: the stack answers before the chain.</summary>
    Ttl,

    /// <summary>The frame ends before a fixed header does, or a header lies where the program cannot read.</summary>
    Truncated,

    /// <summary>The verdict depends on the name of the input device, and its index is not in the map of interfaces.</summary>
    InInterface,

    /// <summary>Attached only: the destination is not this host's (INPUT), or is (FORWARD).</summary>
    Destination,

    /// <summary>Attached only: an answer of a DHCP server, which always passes (XDP hides packets from packet sockets).</summary>
    Dhcp,
}

public static class DeferReasonNames
{
    /// <summary>Number of reasons; counters are indexed by reason.</summary>
    public static readonly int Count = Enum.GetValues<DeferReason>().Length;

    /// <summary>The reason as reports and JSON spell it, e.g. <c>no-rules-for-family</c>.</summary>
    public static string Text(this DeferReason reason) => reason switch
    {
        DeferReason.NotIp => "not-ip",
        DeferReason.NoRulesForFamily => "no-rules-for-family",
        DeferReason.Stack => "stack",
        DeferReason.Fragment => "fragment",
        DeferReason.Vlan => "vlan",
        DeferReason.OutInterface => "out-interface",
        DeferReason.Ttl => "ttl",
        DeferReason.Truncated => "truncated",
        DeferReason.InInterface => "in-interface",
        DeferReason.Destination => "destination",
        DeferReason.Dhcp => "dhcp",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
