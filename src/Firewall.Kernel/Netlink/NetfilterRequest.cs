using System.Buffers.Binary;

namespace Firewall.Kernel.Netlink;

/// <summary>
/// Requests of nfnetlink (include/uapi/linux/netfilter/nfnetlink.h): the type names subsystem and message, the family's header is
/// <c>struct nfgenmsg</c>. Changes of nf_tables come in transactions, between a begin and an end.
/// </summary>
internal static class NetfilterRequest
{
    /// <summary>NFNL_SUBSYS_NFTABLES.</summary>
    public const ushort Tables = 10;

    private const ushort Begin = 0x10;
    private const ushort End = 0x11;

    public static NetlinkRequest Of(ushort subsystem, ushort message, byte family, NetlinkFlags flags) =>
        new((ushort)((subsystem << 8) | message), flags, Header(family, 0));

    /// <summary>Does all of it or nothing.</summary>
    public static void Commit(NetlinkSocket socket, ushort subsystem, IEnumerable<NetlinkRequest> requests, string operation) => socket.AskAll(
        [
            new NetlinkRequest(Begin, NetlinkFlags.None, Header(0, subsystem)),
            .. requests,
            new NetlinkRequest(End, NetlinkFlags.None, Header(0, subsystem)),
        ],
        operation);

    private static byte[] Header(byte family, ushort resource)
    {
        var header = new byte[] { family, 0, 0, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), resource);
        return header;
    }
}
