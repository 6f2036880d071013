using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Kernel.Tests.Oracle;

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

    /// <summary>Loads tables into the host's own iptables (legacy back end), counters at zero.</summary>
    public void Restore(string rules, bool ipv6 = false)
    {
        var outcome = Iptables(rules, ipv6 ? "ip6tables-legacy-restore" : "iptables-legacy-restore");
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
    }

    /// <summary>The counters of the filter table.</summary>
    public IReadOnlyList<ChainCounters> Counters(bool ipv6 = false) =>
        ChainCounters.Parse(Iptables("", ipv6 ? "ip6tables-legacy-save" : "iptables-legacy-save", "-c", "-t", "filter").Output);

    public void Dispose() => Namespace.Dispose();

    /// <summary>With a lock file of the namespace's own: the tools lock out each other across namespaces.</summary>
    private ToolOutcome Iptables(string input, string tool, params string[] arguments) => Namespace.Run(() => SystemTool.Find(tool)!.Try(
        input, ImmutableDictionary<string, string>.Empty.Add("XTABLES_LOCKFILE", "/proc/self/ns/net"), arguments));
}
