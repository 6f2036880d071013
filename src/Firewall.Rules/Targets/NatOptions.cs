using Firewall.Rules.Names;
using Firewall.Rules.Options;

namespace Firewall.Rules.Targets;

/// <summary>What the address translating targets share (libxt_NAT.c).</summary>
internal static class NatOptions
{
    /// <summary>Whether <c>-p</c> named a protocol with ports before the option, which ports in its value need (for ICMP they are identifiers).</summary>
    public static bool HasPorts(GivenOptions given, Option option) =>
        given.HasProtocolBefore(option, Protocols.Tcp, Protocols.Udp, Protocols.Sctp, Protocols.Dccp, Protocols.Icmp);

    /// <summary>The range of an option, or null after an error.</summary>
    public static NatRange? Read(GivenOptions given, Option<NatRange> option) =>
        given.Get(option) is { Value: var range } && (range.Ports is null || HasPorts(given, option)) ? range : null;

    /// <summary>The kernel's source translation knows no shifted ranges: iptables takes the base and stores none.</summary>
    public static NatPorts? WithoutBase(NatPorts? ports) => ports is { Base: not null } shifted ? shifted with { Base = 0 } : ports;
}
