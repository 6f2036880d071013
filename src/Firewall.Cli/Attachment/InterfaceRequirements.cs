using Firewall.Kernel.Network;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Attachment;

/// <summary>What an interface must be like for XDP on it to see the packets that the rules speak of.</summary>
internal static class InterfaceRequirements
{
    /// <summary>Frames on the interface are the packets that come in by it.</summary>
    /// <exception cref="CommandFailedException">Rules about this interface would be asked about other packets than its frames.</exception>
    public static void Demand(NetworkInterface subject, IReadOnlyCollection<NetworkInterface> all)
    {
        if (VantagePoint.Of(subject, all) is [var first, ..] points)
        {
            throw new CommandFailedException(
                ExitCode.KernelRefused,
                $"cannot attach to {subject.Name}: {string.Join("; ", points.Select(p => p.Explanation))}",
                Remedy(first, subject));
        }
    }

    /// <summary>For FORWARD: packets pass through here, and which do can be told by their destination.</summary>
    /// <exception cref="CommandFailedException">The chain FORWARD cannot be judged from here.</exception>
    public static void DemandForwarding(NetworkInterface subject, HostRules rules, InterfaceForwarding forwarding, HostDestinations destinations)
    {
        if (!(rules.Has(Family.IPv4) && forwarding.Ipv4) && !(rules.Has(Family.IPv6) && forwarding.Ipv6))
        {
            throw Refused("this host forwards no packets of a family that has rules, so FORWARD is never asked",
                "switch forwarding on first (net.ipv4.ip_forward, net.ipv6.conf.all.forwarding), or attach --chain INPUT");
        }

        if ((rules.Has(Family.IPv4) && forwarding.Ipv4Multicast) || (rules.Has(Family.IPv6) && forwarding.Ipv6Multicast))
        {
            throw Refused("a multicast router runs on it, so a packet to a group may be both delivered and forwarded", "keep FORWARD of this interface in iptables");
        }

        if (destinations.Unlisted is [var prefix, ..])
        {
            throw Refused($"all of {prefix} is local to this host, and only single addresses can be told from what is forwarded",
                $"remove the route (ip route show table local), or keep FORWARD of this interface in iptables");
        }

        CommandFailedException Refused(string reason, string help) =>
            new(ExitCode.KernelRefused, $"cannot attach chain FORWARD to {subject.Name}: {reason}", help);
    }

    private static string Remedy(VantagePoint point, NetworkInterface subject) => (point.Difference, point.Other?.Name) switch
    {
        (VantageDifference.VlanAbove or VantageDifference.DeviceAbove, var above) =>
            $"attach to {above} instead, whose rules see those frames; what is for {subject.Name} itself stays with iptables",
        (VantageDifference.BridgePort or VantageDifference.BondMember, var master) => $"attach to {master} instead: iptables sees these packets come in by {master}",
        (VantageDifference.OtherMaster, var master) => $"take {subject.Name} out of {master}, or keep its rules in iptables",
        (VantageDifference.Loopback, _) => "attach to the interfaces that packets arrive at from outside; rules for loopback stay with iptables",
        _ => "only interfaces with Ethernet headers are supported; keep its rules in iptables",
    };
}
