using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary>
/// <c>-j CLUSTERIP</c>: of several hosts with one address this one answers its share (net/ipv4/netfilter/ipt_CLUSTERIP.c, which kernels since
/// 6.3 lack and then refuse the table).
/// </summary>
/// <param name="Node">How this host takes part; null where another rule says so.</param>
public sealed record ClusteripTarget(ClusterNode? Node) : ModuleTarget
{
    /// <summary><c>CLUSTERIP_MAX_NODES</c>.</summary>
    private const int MostNodes = 16;

    private const ulong MulticastBit = 1ul << 40;

    private static readonly Flag New = Option.Flag("--new");
    private static readonly Option<string> HashMode =
        Option.Value("--hashmode", Values.Choice("cluster-hash", "sourceip", "sourceip-sourceport", "sourceip-sourceport-destport"));
    private static readonly Option<ulong> ClusterMac = Option.Value("--clustermac", Values.MacAddress);
    private static readonly Option<uint> TotalNodes = Option.Value("--total-nodes", Values.Number(MostNodes));
    private static readonly Option<uint> LocalNode = Option.Value("--local-node", Values.Number(MostNodes));
    private static readonly Option<uint> HashInit = Option.Value("--hash-init", Values.Number(uint.MaxValue));

    public static readonly TargetModule Module = new("CLUSTERIP")
    {
        Summary = "Answers this host's share of the connections to an address that several hosts have.",
        OnlyFamily = Family.IPv4,
        Options = [New, HashMode, ClusterMac, TotalNodes, LocalNode, HashInit],
        Create = Read,
        MissingCondition = matches => matches.Any(HasOneDestination) ? null : "needs `-d` with one address",
        Examples =
        [
            Accepts("-d 10.0.0.1/32 -j CLUSTERIP"),
            Accepts("-d 10.0.0.1/32 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5E:00:00:0A --total-nodes 2 --local-node 1 --hash-init 0"),
            Accepts("-d 10.0.0.1 -j CLUSTERIP --hash-init 7 --local-node 1 --total-nodes 0x2 --clustermac 01:00:5e:00:00:0a --hashmode sourceip-sourceport --new",
                prints: "-d 10.0.0.1/32 -j CLUSTERIP --new --hashmode sourceip-sourceport --clustermac 01:00:5E:00:00:0A --total-nodes 2 --local-node 1 --hash-init 7"),
            Rejects("-d 10.0.0.1 -j CLUSTERIP --new"),
            Rejects("-d 10.0.0.1 -j CLUSTERIP --hash-init 7"),
            Rejects("-d 10.0.0.1 -j CLUSTERIP --new --hashmode sourceip --clustermac 02:00:5e:00:00:01 --total-nodes 2 --local-node 1"),
            Rejects("-d 10.0.0.1 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:01 --total-nodes 17 --local-node 1"),
            Rejects("-d 10.0.0.0/8 -j CLUSTERIP"),
            Does("-d 10.0.0.1 -j CLUSTERIP", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Node is not { } node) { return; }
        writer.Write(New);
        writer.Write(HashMode, node.HashMode);
        writer.Write(ClusterMac, Values.MacText(node.Mac).ToUpperInvariant());
        writer.Write(TotalNodes, $"{node.Total}");
        writer.Write(LocalNode, $"{node.Local}");
        writer.Write(HashInit, $"{node.HashInit}");
    }

    private static bool HasOneDestination(Match match) => match is DestinationMatch { Network: { Mask: var mask, Address: var address } } && mask == uint.MaxValue && address != 0;

    private static ClusteripTarget? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty) { return new((ClusterNode?)null); }
        ImmutableArray<Option> needed = [New, HashMode, ClusterMac, TotalNodes, LocalNode];
        if (needed.FirstOrDefault(o => !given.Has(o)) is { } missing)
        {
            given.Fail(null, $"`{missing.Name}` is missing", $"give all of {string.Join(' ', needed.Select(o => o.Name))}, or no option at all");
            return null;
        }

        var mac = given.Get(ClusterMac, MulticastBit).Value;
        if ((mac & MulticastBit) == 0) { given.Fail(ClusterMac, "the address is not that of a group", "its first byte must be odd"); }
        var node = new ClusterNode(given.Get(HashMode, "").Value, mac, given.Get(TotalNodes, 0u).Value, given.Get(LocalNode, 0u).Value, given.Get(HashInit, 0u).Value);
        return given.Errors.Count == 0 ? new(node) : null;
    }
}

/// <summary>How a host takes part in a cluster.</summary>
/// <param name="HashMode">What of a connection is hashed.</param>
/// <param name="Mac">The group's Ethernet address.</param>
/// <param name="Total">Number of hosts.</param>
/// <param name="Local">Which of them this is, from 1.</param>
/// <param name="HashInit">Begins the hash.</param>
public readonly record struct ClusterNode(string HashMode, ulong Mac, uint Total, uint Local, uint HashInit);
