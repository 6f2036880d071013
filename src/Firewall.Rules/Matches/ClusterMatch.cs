using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the connections that are this node's share of a cluster's (net/netfilter/xt_cluster.c): a hash of the address from which the
/// connection, or the one that brought it about, was opened. The kernel's module also takes packets in that were sent to a multicast MAC address.
/// </summary>
/// <param name="Nodes">The nodes whose share is meant, one a bit.</param>
/// <param name="TotalNodes">How many nodes there are.</param>
/// <param name="Seed">The hash's seed.</param>
public sealed record ClusterMatch(Given<uint> Nodes, uint TotalNodes, uint Seed) : Match
{
    private const int MostNodes = 32;

    private static readonly Option<uint> TotalNodesOption = Option.Value("--cluster-total-nodes", Values.Number(MostNodes, minimum: 1)).Required();
    private static readonly Option<uint> LocalNode = Option.Value("--cluster-local-node", Values.Number(MostNodes, minimum: 1)).Negatable();
    private static readonly Option<uint> LocalNodeMask = Option.Value("--cluster-local-nodemask", Values.Number(MostNodes, minimum: 1)).Negatable();
    private static readonly Option<uint> HashSeed = Option.Value("--cluster-hash-seed", Values.Number(uint.MaxValue)).Required();

    public static readonly MatchModule Module = new("cluster")
    {
        Summary = "Matches the connections that are this node's share of a cluster's.",
        Options = [TotalNodesOption, LocalNode, LocalNodeMask, HashSeed],
        Create = Read,
        Examples =
        [
            Accepts("-m cluster --cluster-total-nodes 2 ! --cluster-local-node 2 --cluster-hash-seed 0xdeadbeef", prints: "-m cluster ! --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0xdeadbeef"),
            Accepts("-m cluster --cluster-hash-seed 5 --cluster-local-nodemask 3 --cluster-total-nodes 2", prints: "-m cluster --cluster-local-nodemask 0x00000003 --cluster-total-nodes 2 --cluster-hash-seed 0x00000005"),
            Accepts("-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 32 --cluster-hash-seed 0x00000005").In(Family.IPv6),
            Rejects("-m cluster --cluster-total-nodes 2 --cluster-local-node 1"),
            Rejects("-m cluster --cluster-total-nodes 2 --cluster-hash-seed 1"),
            Rejects("-m cluster --cluster-total-nodes 2 --cluster-local-node 3 --cluster-hash-seed 1"),
            Rejects("-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 4 --cluster-hash-seed 1"),
            Rejects("-m cluster --cluster-total-nodes 8 --cluster-local-nodemask 33 --cluster-hash-seed 1"),
            Rejects("-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-local-nodemask 1 --cluster-hash-seed 1"),
            Misses("-p tcp -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1", Packet.Udp(1, 53)),
            Misses("-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1 -m length --length 5", Packet.Udp(1, 53)),
            Defers("-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1", DeferReason.Connection, Packet.Udp(1, 53)),
            Defers("-m cluster --cluster-total-nodes 1 --cluster-local-node 1 --cluster-hash-seed 1", DeferReason.Connection, Packet.Udp6(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Unknowable(DeferReason.Connection));

    public override void Print(OptionWriter writer)
    {
        writer.Write(LocalNodeMask, $"0x{Nodes.Value:x8}", Nodes.IsNegated);
        writer.Write(TotalNodesOption, $"{TotalNodes}");
        writer.Write(HashSeed, $"0x{Seed:x8}");
    }

    private static ClusterMatch? Read(GivenOptions given)
    {
        if (given.Has(LocalNode) == given.Has(LocalNodeMask))
        {
            given.Fail(given.Has(LocalNode) ? LocalNodeMask : null, "exactly one of --cluster-local-node and --cluster-local-nodemask must be given");
            return null;
        }

        var nodes = given.Get(LocalNode) is { } node ? new Given<uint>(1u << (int)(node.Value - 1), node.IsNegated) : given.Get(LocalNodeMask);
        if (nodes is not { } asked || given.Get(TotalNodesOption) is not { } total || given.Get(HashSeed) is not { } seed) { return null; }
        if ((ulong)asked.Value < 1UL << (int)total.Value) { return new(asked, total.Value, seed.Value); }
        given.Fail(given.Has(LocalNode) ? LocalNode : LocalNodeMask, $"there is no such node among {total.Value}");
        return null;
    }
}
