using System.Collections.Immutable;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>
/// A host in a private network namespace that answers what its iptables rejects: as <see cref="OracleHost"/>, but what it sends is let out, and
/// ICMP errors are not limited in rate.
/// </summary>
public sealed class RejectingHost : IDisposable
{
    private readonly NetworkNamespace _namespace;
    private readonly ImmutableDictionary<string, string> _environment;
    private readonly SystemTool _restore;
    private readonly TapDevice _near;
    private readonly TapDevice _far;

    private RejectingHost(AddressFamily family)
    {
        _restore = SystemTool.Find(family == AddressFamily.Ipv4 ? "iptables-legacy-restore" : "ip6tables-legacy-restore")!;
        _environment = ImmutableDictionary<string, string>.Empty.Add("XTABLES_LOCKFILE", "/proc/self/ns/net");
        _namespace = NetworkNamespace.Create();
        (_near, _far) = _namespace.Run(() => Furnish(family));
    }

    /// <summary>The source address of ICMP errors about what the host forwards.</summary>
    public static string ForwardSource(AddressFamily family) => family == AddressFamily.Ipv4 ? "10.0.0.1" : "2001:db8::1";

    public static RejectingHost Create(AddressFamily family) => new(family);

    /// <summary>Replaces the rules of the filter table.</summary>
    public void Load(params ReadOnlySpan<string> rules)
    {
        var text = $"*filter\n{string.Join('\n', rules)}\nCOMMIT\n";
        var outcome = _namespace.Run(() => _restore.Try(text, _environment));
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
    }

    public void Set(string setting, string value) => _namespace.Run(() => IpCommand.Set(setting, value));

    /// <summary>Runs an XDP program over a frame that comes in by eth0, and brings the frame back.</summary>
    public XdpTestResult Run(LoadedProgram program, ReadOnlySpan<byte> frame)
    {
        var bytes = frame.ToArray();
        return _namespace.Run(() => XdpTestRun.Run(program, bytes, ingressInterface: NetworkInterfaces.Get("eth0").Index, wantFrame: true));
    }

    /// <summary>Lets the frame arrive at eth0; what the host sends back to the frames' sender because of it.</summary>
    public ImmutableArray<byte[]> Send(ReadOnlySpan<byte> frame)
    {
        while (_near.Read().Length > 0) { }
        _near.Write(frame);
        var answers = ImmutableArray.CreateBuilder<byte[]>();
        while (_near.Read() is { Length: > 0 } answer)
        {
            if (MacAddress.Of(answer) == Frames.Sender) { answers.Add(answer); }
        }

        return answers.ToImmutable();
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        _namespace.Dispose();
    }

    private static (TapDevice Near, TapDevice Far) Furnish(AddressFamily family)
    {
        IpCommand.Set("net/ipv4/conf/all/rp_filter", "0");
        IpCommand.Set("net/ipv4/conf/default/rp_filter", "0");
        IpCommand.Set("net/ipv4/icmp_ratemask", "0");
        IpCommand.Set("net/ipv4/ip_forward", "1");
        if (family == AddressFamily.Ipv4)
        {
            IpCommand.Set("net/ipv6/conf/all/disable_ipv6", "1");
            IpCommand.Set("net/ipv6/conf/default/disable_ipv6", "1");
        }

        IpCommand.Set("net/ipv6/conf/all/forwarding", "1");
        IpCommand.Set("net/ipv6/conf/default/accept_dad", "0");
        IpCommand.Set("net/ipv6/icmp/ratelimit", "0");

        // Without types in its mask the limit of all errors would still hold for IPv6.
        IpCommand.Set("net/ipv4/icmp_msgs_per_sec", "100000000");
        IpCommand.Set("net/ipv4/icmp_msgs_burst", "100000000");
        var (near, far) = (new TapDevice("eth0"), new TapDevice("eth1"));
        IpCommand.Batch($"""
            link set lo up
            link set eth0 address {OracleHost.Mac} up
            link set eth1 address {OracleHost.OtherMac} up

            """ + OracleHost.AddressesOf(family) + MoreNeighbours(family));
        return (near, far);
    }

    /// <summary>All behind the MAC address that the frames come from.</summary>
    private static string MoreNeighbours(AddressFamily family) => family == AddressFamily.Ipv4
        ? $"neigh add 10.0.0.200 lladdr {Frames.Sender} dev eth0 nud permanent\n"
        : $"neigh add 2001:db8::77 lladdr {Frames.Sender} dev eth0 nud permanent\n";
}
