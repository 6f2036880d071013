using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Firewall.Kernel.Netlink;

namespace Firewall.Kernel.Network;

/// <summary>What the routing table says a destination is: RTN_* of include/uapi/linux/rtnetlink.h.</summary>
public enum AddressKind
{
    /// <summary>This host: the packet goes to INPUT.</summary>
    Local = 2,
    Broadcast = 3,
    Anycast = 4,
    Multicast = 5,
}

/// <summary>A destination that the local routing table gives to this host, on one interface.</summary>
public sealed record LocalAddress(AddressKind Kind, IPNetwork Prefix, int Interface);

/// <summary>A multicast group joined on one interface.</summary>
public sealed record JoinedGroup(IPAddress Group, int Interface);

/// <summary>An address assigned to an interface (<c>RTM_NEWADDR</c>).</summary>
public sealed record AssignedAddress(int Interface, IPAddress Address, int PrefixLength, IPAddress? Broadcast);

/// <summary>All addresses of the network namespace that the calling thread is in.</summary>
/// <param name="Routes">The table "local" (255), which the kernel asks first for every packet that arrives.</param>
public sealed record LocalAddresses(
    ImmutableArray<LocalAddress> Routes,
    ImmutableArray<JoinedGroup> Groups,
    ImmutableArray<AssignedAddress> Assigned)
{
    private const ushort NewAddress = 20;
    private const ushort GetAddress = 22;
    private const ushort NewRoute = 24;
    private const ushort GetRoute = 26;
    private const uint LocalTable = 255;

    /// <summary>sizeof(struct rtmsg).</summary>
    private const int RouteHeader = 12;

    /// <summary>sizeof(struct ifaddrmsg).</summary>
    private const int AddressHeader = 8;

    private const byte Ipv4Family = 2;
    private const byte Ipv6Family = 10;

    /// <summary>Both families together; a prefix tells its own.</summary>
    public static LocalAddresses Read()
    {
        using var socket = new NetlinkSocket(NetlinkSocket.Route);
        return new LocalAddresses(
            [.. ReadRoutes(socket, Ipv4Family), .. ReadRoutes(socket, Ipv6Family)],
            [.. JoinedIpv4(Lines("igmp")), .. JoinedIpv6(Lines("igmp6"))],
            [.. ReadAddresses(socket, Ipv4Family), .. ReadAddresses(socket, Ipv6Family)]);
    }

    private static IEnumerable<LocalAddress> ReadRoutes(NetlinkSocket socket, byte family)
    {
        var header = new byte[RouteHeader];
        header[0] = family;
        header[4] = (byte)LocalTable;
        foreach (var message in socket.Dump(new NetlinkRequest(GetRoute, NetlinkFlags.Dump, header), "read the local routing table"))
        {
            if (message.Type == NewRoute && ReadRoute(message) is { } route)
            {
                yield return route;
            }
        }
    }

    /// <summary>A kernel that does not filter dumps (before 4.20) sends every table, so the table is looked at again here.</summary>
    private static LocalAddress? ReadRoute(NetlinkMessage message)
    {
        var (family, length, table, kind) = (message.Span[0], message.Span[1], message.Span[4], (AddressKind)message.Span[7]);
        var attributes = message.Attributes(RouteHeader);
        if ((attributes.Number(Attribute.Table) ?? table) != LocalTable || !Enum.IsDefined(kind))
        {
            return null;
        }

        var prefix = attributes.Bytes(Attribute.Destination) is { } destination
            ? new IPAddress(destination.Span)
            : family == Ipv4Family ? IPAddress.Any : IPAddress.IPv6Any;
        return new LocalAddress(kind, new IPNetwork(prefix, length), (int)(attributes.Number(Attribute.OutputInterface) ?? 0));
    }

    private static IEnumerable<AssignedAddress> ReadAddresses(NetlinkSocket socket, byte family)
    {
        var header = new byte[AddressHeader];
        header[0] = family;
        foreach (var message in socket.Dump(new NetlinkRequest(GetAddress, NetlinkFlags.Dump, header), "read the interface addresses"))
        {
            // On point-to-point links IFA_ADDRESS is the peer and IFA_LOCAL our side.
            var attributes = message.Attributes(AddressHeader);
            if (message.Type == NewAddress && (attributes.Bytes(Attribute.Own) ?? attributes.Bytes(Attribute.Address)) is { } address)
            {
                yield return new AssignedAddress(
                    BinaryPrimitives.ReadInt32LittleEndian(message.Span[4..]),
                    new IPAddress(address.Span),
                    message.Span[1],
                    attributes.Bytes(Attribute.Broadcast) is { } broadcast ? new IPAddress(broadcast.Span) : null);
            }
        }
    }

    /// <summary>
    /// /proc/net/igmp (igmp_mc_seq_show in net/ipv4/igmp.c): a line for each interface, then one for each group, whose address is
    /// the raw network-order word printed as a number of this machine.
    /// </summary>
    internal static IEnumerable<JoinedGroup> JoinedIpv4(IEnumerable<string> lines)
    {
        var device = 0;
        foreach (var line in lines.Skip(1))
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (!char.IsWhiteSpace(line[0]))
            {
                device = int.Parse(words[0], CultureInfo.InvariantCulture);
            }
            else
            {
                yield return new JoinedGroup(new IPAddress(uint.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture)), device);
            }
        }
    }

    /// <summary>/proc/net/igmp6 (igmp6_mc_seq_show in net/ipv6/mcast.c): index, name, group.</summary>
    internal static IEnumerable<JoinedGroup> JoinedIpv6(IEnumerable<string> lines) => lines
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(words => new JoinedGroup(new IPAddress(Convert.FromHexString(words[2])), int.Parse(words[0], CultureInfo.InvariantCulture)));

    /// <summary>Of this thread's namespace: /proc/net would be that of the main thread.</summary>
    private static string[] Lines(string file)
    {
        var path = $"/proc/thread-self/net/{file}";
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    /// <summary>RTA_* and IFA_* of include/uapi/linux/{rtnetlink,if_addr}.h.</summary>
    private static class Attribute
    {
        public const ushort Destination = 1;
        public const ushort OutputInterface = 4;
        public const ushort Table = 15;
        public const ushort Address = 1;
        public const ushort Own = 2;
        public const ushort Broadcast = 4;
    }
}
