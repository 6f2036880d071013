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

    /// <summary>The state of the packet's connection (NEW, ESTABLISHED, …) is not certain here.</summary>
    ConnectionState,

    /// <summary>Something else that only the packet's conntrack entry knows.</summary>
    Connection,

    /// <summary>Address translation may change what the rules look at.</summary>
    Nat,

    /// <summary>A rule of an earlier table (raw, mangle) does to the packet what only the kernel can do.</summary>
    EarlierTable,

    /// <summary>A rule logs, and nobody reads our log.</summary>
    Log,

    /// <summary>A rule answers the sender, and the answer is the kernel's to give.</summary>
    Reject,

    /// <summary>A rule's target does what only the kernel can do.</summary>
    Target,

    /// <summary>The answer depends on memory (a rate, a list) that iptables keeps, because it sees packets that this program does not judge.</summary>
    Memory,

    /// <summary>The verdict depends on routing: the type of an address, the way back, a realm.</summary>
    Route,

    /// <summary>The verdict depends on a socket of this host.</summary>
    Socket,

    /// <summary>The verdict depends on IPsec.</summary>
    Ipsec,

    /// <summary>The verdict depends on a bridge port.</summary>
    Bridge,

    /// <summary>The contents of an IP set are not known.</summary>
    Set,

    /// <summary>A match asks what this hook does not know.</summary>
    Match,

    /// <summary>Dropping here would hide from connection tracking a packet it must see.</summary>
    Tracking,

    /// <summary>Profile offload: the rules accept, and iptables says so itself.</summary>
    Accepted,

    /// <summary>OUTPUT only: the program was interrupted on this processor while it judged another packet.</summary>
    Busy,
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
        DeferReason.ConnectionState => "connection-state",
        DeferReason.Connection => "connection",
        DeferReason.Nat => "nat",
        DeferReason.EarlierTable => "earlier-table",
        DeferReason.Log => "log",
        DeferReason.Reject => "reject",
        DeferReason.Target => "target",
        DeferReason.Memory => "memory",
        DeferReason.Route => "route",
        DeferReason.Socket => "socket",
        DeferReason.Ipsec => "ipsec",
        DeferReason.Bridge => "bridge",
        DeferReason.Set => "set",
        DeferReason.Match => "match",
        DeferReason.Tracking => "tracking",
        DeferReason.Accepted => "accepted",
        DeferReason.Busy => "busy",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
