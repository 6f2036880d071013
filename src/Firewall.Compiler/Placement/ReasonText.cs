using Firewall.Rules.Meaning;

namespace Firewall.Compiler.Placement;

/// <summary>Why packets are left to iptables, and what can be done about it, in words.</summary>
public static class ReasonText
{
    /// <summary>One clause without a full stop.</summary>
    public static string Why(this DeferReason reason) => reason switch
    {
        DeferReason.OutInterface => "at XDP the output interface is not known",
        DeferReason.InInterface => "the input interface, or its group, is not known",
        DeferReason.ConnectionState => "at XDP the state of a connection is not certain",
        DeferReason.Connection => "only connection tracking in the kernel knows this about a connection",
        DeferReason.Nat => "address translation may change what the rules look at",
        DeferReason.EarlierTable => "a rule of an earlier table does what only the kernel can do",
        DeferReason.Log => "packets are logged in the kernel's log",
        DeferReason.Reject => "the kernel answers the sender",
        DeferReason.Target => "the target does what only the kernel can do",
        DeferReason.Memory => "iptables keeps the memory (a rate, a list) that the answer depends on, because it sees packets that the program leaves to it",
        DeferReason.Route => "only the kernel's routing knows the answer",
        DeferReason.Socket => "only the kernel knows the socket of a packet",
        DeferReason.Ipsec => "only the kernel knows what IPsec did with a packet",
        DeferReason.Bridge => "only the kernel knows the port of a bridge",
        DeferReason.Set => "the contents of an IP set are not known",
        DeferReason.Match => "a match asks what no program knows",
        DeferReason.Tracking => "a drop at XDP would hide a packet from connection tracking, which the rules use",
        DeferReason.Accepted => "profile offload only drops; iptables accepts",
        DeferReason.Fragment => "a fragment that the kernel puts together first",
        DeferReason.Vlan => "a frame tagged for a VLAN",
        DeferReason.Truncated => "a packet cut short, or with headers too far back",
        DeferReason.Ttl => "the time to live ends here",
        DeferReason.Destination => "a packet of another chain",
        DeferReason.Dhcp => "an answer of a DHCP server",
        DeferReason.Stack => "malformed, so that the IP stack drops it",
        DeferReason.NotIp => "neither IPv4 nor IPv6",
        DeferReason.NoRulesForFamily => "no rules were given for the family",
        DeferReason.Busy => "the program was interrupted while it judged another packet",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    /// <summary>What to change so that the reason goes away; null when nothing does.</summary>
    public static string? Help(this DeferReason reason) => reason switch
    {
        DeferReason.Log => "--log ring writes log records for fwc log; --profile offload leaves such packets to iptables",
        DeferReason.Reject => "--reject xdp answers from the program, --reject drop answers nobody; --profile offload leaves such packets to iptables",
        DeferReason.OutInterface or DeferReason.ConnectionState or DeferReason.Tracking or DeferReason.Connection =>
            "--hook netfilter judges the chain where this is known; --profile offload leaves such packets to iptables",
        DeferReason.Set => "--sets FILE tells what ipset save printed; --profile offload leaves such packets to iptables",
        _ => "--profile offload leaves such packets to iptables",
    };
}
