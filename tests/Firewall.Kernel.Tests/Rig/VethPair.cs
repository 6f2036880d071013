using System.Buffers.Binary;
using Firewall.Kernel.Netlink;
using Firewall.Kernel.Network;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>
/// Two private network namespaces joined by a cable: "eth0" in <see cref="Here"/>, where programs are attached, and "eth0" in
/// <see cref="There"/>, where frames are sent from.
/// </summary>
internal sealed class VethPair : IDisposable
{
    private const ushort NewLink = 16;
    private const ushort NamespaceDescriptor = 28;

    private readonly PacketSocket _sender;

    public VethPair()
    {
        Here = NetworkNamespace.Create();
        There = NetworkNamespace.Create();
        Here.Run(() =>
        {
            Quieten();
            IpCommand.Batch("""
                link set lo up
                link add eth0 type veth peer name far0
                link set eth0 address 02:00:00:00:00:01 up
                """);
            Move("far0", There);
        });
        There.Run(() =>
        {
            Quieten();
            IpCommand.Batch("""
                link set far0 name eth0
                link set eth0 address 02:00:00:00:00:02 up
                """);
        });
        _sender = There.Run(() => new PacketSocket(NetworkInterfaces.Get("eth0").Index));
    }

    public NetworkNamespace Here { get; }

    public NetworkNamespace There { get; }

    public NetworkInterface Interface => Here.Run(() => NetworkInterfaces.Get("eth0"));

    /// <summary>Puts a frame on the cable at the far end.</summary>
    public void Send(ReadOnlySpan<byte> frame) => _sender.Send(frame);

    public void Dispose()
    {
        _sender.Dispose();
        Here.Dispose();
        There.Dispose();
    }

    /// <summary>No IPv6, hence no neighbour discovery that tests would see.</summary>
    private static void Quieten()
    {
        IpCommand.Set("net/ipv6/conf/all/disable_ipv6", "1");
        IpCommand.Set("net/ipv6/conf/default/disable_ipv6", "1");
    }

    private static void Move(string name, NetworkNamespace target)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), NetworkInterfaces.Get(name).Index);
        using var descriptor = target.Descriptor.Lend();
        using var socket = new NetlinkSocket(NetlinkSocket.Route);
        socket.Ask(
            new NetlinkRequest(NewLink, NetlinkFlags.Acknowledge, header).With(NamespaceDescriptor, (uint)descriptor.Number),
            $"move {name} to another network namespace");
    }
}
