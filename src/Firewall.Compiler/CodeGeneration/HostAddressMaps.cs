using System.Net;
using Firewall.Bpf.Objects;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The maps that hold this host's destination addresses where <see cref="DestinationScope.HostAddresses"/> is chosen. The loader fills
/// them; a key is an address as it stands in the packet.
/// </summary>
public static class HostAddressMaps
{
    /// <summary>Addresses of one family that there is room for.</summary>
    public const int MostAddresses = 4096;

    public static readonly MapSpec IPv4 = new("host4", MapType.Hash, KeySize: 4, ValueSize: 1, MostAddresses);

    public static readonly MapSpec IPv6 = new("host6", MapType.Hash, KeySize: 16, ValueSize: 1, MostAddresses);

    public static MapSpec For(Family family) => family == Family.IPv4 ? IPv4 : IPv6;

    /// <summary>The entries for these addresses.</summary>
    /// <exception cref="BudgetExceededException">More than there is room for.</exception>
    public static IReadOnlyCollection<(byte[] Key, byte[] Value)> Entries(IReadOnlyCollection<IPAddress> addresses) => addresses.Count <= MostAddresses
        ? [.. addresses.Select(a => (a.GetAddressBytes(), new byte[] { 1 }))]
        : throw new BudgetExceededException("addresses of this host", addresses.Count, MostAddresses, "entries");
}
