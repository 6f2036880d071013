using Firewall.Kernel.Errors;
using Firewall.Kernel.Netlink;

namespace Firewall.Kernel.Netfilter;

/// <summary>
/// Keeps the kernel tracking connections in a network namespace whose iptables rules are gone. Tracking goes on as long as somebody there
/// asks for it (nf_ct_netns_get in net/netfilter/nf_conntrack_proto.c): a rule with a conntrack or state match, nat, or an nf_tables
/// expression <c>ct</c>. The anchor is such an expression, in a chain of our own that no hook runs: it costs no packet anything, needs no
/// process, and stays until it is removed or somebody flushes the whole nf_tables rule set.
/// </summary>
/// <remarks>Like iptables' own matches it brings defragmentation along, since tracking needs it.</remarks>
public static class ConntrackAnchor
{
    /// <summary>The name of the table, of family inet: both IP families at once.</summary>
    public const string Table = "fwc-conntrack";

    private const string Chain = "anchor";

    /// <summary>NFPROTO_INET.</summary>
    private const byte Inet = 1;

    /// <summary>NFT_MSG_* of include/uapi/linux/netfilter/nf_tables.h.</summary>
    private const ushort NewTable = 0;
    private const ushort GetTable = 1;
    private const ushort DeleteTable = 2;
    private const ushort NewChain = 3;
    private const ushort NewRule = 6;
    private const ushort GetRule = 7;

    private const ushort TableName = 1; // NFTA_TABLE_NAME
    private const ushort ChainTable = 1; // NFTA_CHAIN_TABLE
    private const ushort ChainName = 3; // NFTA_CHAIN_NAME
    private const ushort RuleTable = 1; // NFTA_RULE_TABLE
    private const ushort RuleChain = 2; // NFTA_RULE_CHAIN
    private const ushort RuleExpressions = 4; // NFTA_RULE_EXPRESSIONS
    private const ushort ListElement = 1; // NFTA_LIST_ELEM
    private const ushort ExpressionName = 1; // NFTA_EXPR_NAME
    private const ushort ExpressionData = 2; // NFTA_EXPR_DATA
    private const ushort ConntrackRegister = 1; // NFTA_CT_DREG
    private const ushort ConntrackKey = 2; // NFTA_CT_KEY
    private const uint State = 0; // NFT_CT_STATE
    private const uint FirstRegister = 1; // NFT_REG_1

    private const NetlinkFlags Make = NetlinkFlags.Create | NetlinkFlags.Acknowledge;

    /// <summary>Whether the anchor holds in the calling thread's network namespace: the table with its rule is there.</summary>
    public static bool Exists()
    {
        using var socket = new NetlinkSocket(NetlinkSocket.Netfilter);
        try
        {
            var rules = socket.Dump(
                Request(GetRule, NetlinkFlags.Dump).With(RuleTable, Table).With(RuleChain, Chain),
                "look for the conntrack anchor");
            return rules.Count > 0;
        }
        catch (KernelException refusal) when (refusal.Error is Errno.ENOENT or Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            return false;
        }
    }

    /// <summary>Makes the anchor in the calling thread's network namespace, or makes it anew: at no time is there none in between.</summary>
    /// <exception cref="KernelException">The kernel has no nf_tables (CONFIG_NF_TABLES_INET, CONFIG_NFT_CT), or refuses.</exception>
    public static void Create()
    {
        using var socket = new NetlinkSocket(NetlinkSocket.Netfilter);
        try
        {
            NetfilterRequest.Commit(
                socket,
                NetfilterRequest.Tables,
                [
                    Request(NewTable, Make).With(TableName, Table),
                    Request(DeleteTable, NetlinkFlags.Acknowledge).With(TableName, Table),
                    Request(NewTable, Make).With(TableName, Table),
                    Request(NewChain, Make).With(ChainTable, Table).With(ChainName, Chain),
                    Request(NewRule, Make | NetlinkFlags.Append).With(RuleTable, Table).With(RuleChain, Chain).WithNested(RuleExpressions, AskState),
                ],
                "keep connection tracking alive");
        }
        catch (KernelException refusal) when (refusal.Error is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT or Errno.ENOENT)
        {
            throw new UnsupportedException(
                "keep connection tracking alive",
                refusal.Error,
                "the kernel has no nf_tables or no ct expression (modules nf_tables, nft_ct); keep one iptables rule with -m conntrack instead, "
                + "for example in a chain that nothing jumps to");
        }
    }

    /// <summary>Removes the anchor from the calling thread's network namespace; what is not there needs no removal.</summary>
    public static void Remove()
    {
        if (!TableExists())
        {
            return;
        }

        using var socket = new NetlinkSocket(NetlinkSocket.Netfilter);
        NetfilterRequest.Commit(
            socket,
            NetfilterRequest.Tables,
            [Request(DeleteTable, NetlinkFlags.Acknowledge).With(TableName, Table)],
            "remove the conntrack anchor");
    }

    private static bool TableExists()
    {
        using var socket = new NetlinkSocket(NetlinkSocket.Netfilter);
        try
        {
            return socket.Ask(Request(GetTable, NetlinkFlags.Acknowledge).With(TableName, Table), "look for the conntrack anchor").Count > 0;
        }
        catch (KernelException refusal) when (refusal.Error is Errno.ENOENT or Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            return false;
        }
    }

    /// <summary>The expression "ct load state => reg 1"; nobody looks at the register.</summary>
    private static void AskState(NetlinkRequest rule) => rule.WithNested(ListElement, element => element
        .With(ExpressionName, "ct")
        .WithNested(ExpressionData, data => data
            .WithBigEndian(ConntrackRegister, FirstRegister)
            .WithBigEndian(ConntrackKey, State)));

    private static NetlinkRequest Request(ushort message, NetlinkFlags flags) => NetfilterRequest.Of(NetfilterRequest.Tables, message, Inet, flags);
}
