using System.Buffers.Binary;
using Firewall.Kernel.Netlink;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>
/// Listens to an NFLOG group (nfnetlink_log, net/netfilter/nfnetlink_log.c). With a threshold of one the kernel hands each logged
/// packet over at once, in the context of whoever made the packet arrive.
/// </summary>
internal sealed class PassedPackets : IDisposable
{
    private const ushort Configure = (4 << 8) | 1;
    private const ushort Command = 1;
    private const ushort Mode = 2;
    private const ushort Threshold = 5;
    private const byte Bind = 1;
    private const byte HeadersOnly = 1;

    private readonly NetlinkSocket _socket = new(NetlinkSocket.Netfilter);

    /// <summary>In the network namespace of the calling thread.</summary>
    public PassedPackets(ushort group)
    {
        Ask(group, Command, [Bind]);
        Ask(group, Mode, [0, 0, 0, 1, HeadersOnly, 0]);
        Ask(group, Threshold, [0, 0, 0, 1]);
    }

    /// <summary>Whether any packet was logged since the last call.</summary>
    public bool Any()
    {
        var any = false;
        while (!_socket.ReceiveNow().IsEmpty)
        {
            any = true;
        }

        return any;
    }

    public void Dispose() => _socket.Dispose();

    private void Ask(ushort group, ushort attribute, ReadOnlySpan<byte> value)
    {
        // struct nfgenmsg: family, version, and the group in network order.
        var header = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), group);
        _socket.Ask(new NetlinkRequest(Configure, NetlinkFlags.Acknowledge, header).With(attribute, value), "listen to an NFLOG group");
    }
}
