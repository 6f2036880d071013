using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Firewall.Kernel.Network;

namespace Firewall.Cli.Attachment;

/// <summary>
/// The destinations whose packets get to INPUT when they arrive at one interface, read once: own addresses of every interface (Linux takes
/// them on any), broadcasts, anycast, and the groups joined on this interface. What is decided by a look at them is right as long as
/// addresses and groups stay; after a change, attach again.
/// </summary>
/// <param name="IPv4">Single addresses.</param>
/// <param name="IPv6">Single addresses.</param>
/// <param name="Unlisted">Prefixes of many addresses that also are this host's, which a map of addresses cannot hold.</param>
internal sealed record HostDestinations(ImmutableHashSet<IPAddress> IPv4, ImmutableHashSet<IPAddress> IPv6, ImmutableArray<IPNetwork> Unlisted)
{
    /// <summary>255.255.255.255, and 0.0.0.0, its predecessor (brd_input in ip_route_input_slow).</summary>
    private static readonly ImmutableArray<IPAddress> AlwaysBroadcast = [IPAddress.Broadcast, IPAddress.Any];

    private static readonly IPNetwork Loopback = IPNetwork.Parse("127.0.0.0/8");

    public static HostDestinations Of(LocalAddresses all, int interfaceIndex, InterfaceForwarding forwarding)
    {
        // Multicast is a route of type "multicast" in IPv6; which groups are delivered is known from the joined ones.
        var routes = all.Routes
            .Where(r => r.Kind != AddressKind.Multicast && !IPAddress.IsLoopback(r.Prefix.BaseAddress))
            .Where(r => r.Kind != AddressKind.Broadcast || !forwarding.DirectedBroadcasts)
            .Select(r => r.Prefix)
            .ToList();
        var groups = all.Groups
            .Where(g => g.Interface == interfaceIndex)
            .Select(g => g.Group)
            .Where(g => !(g.AddressFamily == AddressFamily.InterNetwork ? forwarding.Ipv4Multicast : forwarding.Ipv6Multicast));
        var single = routes.Where(IsSingle).Select(p => p.BaseAddress).Concat(groups).Concat(AlwaysBroadcast).ToLookup(a => a.AddressFamily);
        return new HostDestinations(
            [.. single[AddressFamily.InterNetwork]],
            [.. single[AddressFamily.InterNetworkV6]],
            [.. routes.Where(p => !IsSingle(p)).Concat(forwarding.LoopbackAddresses ? [Loopback] : []).Distinct()]);
    }

    private static bool IsSingle(IPNetwork prefix) => prefix.PrefixLength == (prefix.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
}
