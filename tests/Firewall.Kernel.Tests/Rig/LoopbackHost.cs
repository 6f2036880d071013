using System.Net;
using System.Net.Sockets;
using Firewall.Kernel.Network;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>A private network namespace that has nothing but loopback, in both families, and talks to itself.</summary>
internal sealed class LoopbackHost : IDisposable
{
    private const int Port = 4242;

    public LoopbackHost() => Namespace.Run(() => IpCommand.Batch("link set lo up"));

    public NetworkNamespace Namespace { get; } = NetworkNamespace.Create();

    /// <summary>Sends a UDP datagram of that many bytes to itself; true when it arrives.</summary>
    public bool Talk(int length = 8, bool ipv6 = false) => Namespace.Run(() =>
    {
        var address = ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using var receiver = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(address, Port));
        using var sender = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            sender.SendTo(new byte[length], new IPEndPoint(address, Port));
        }
        catch (SocketException)
        {
            // A drop on the way out is told to the sender.
            return false;
        }

        // Loopback delivers within the system call, or in a soft interrupt soon after.
        return receiver.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead);
    });

    public void Dispose() => Namespace.Dispose();
}
