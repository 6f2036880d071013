using System.Net;
using Firewall.Cli.Attachment;
using Firewall.Compiler;
using Firewall.Kernel.Network;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>Whose a packet is, INPUT's or FORWARD's, goes by its destination where the host forwards.</summary>
public sealed class ForwardingTests
{
    private const string Elsewhere = "203.0.113.9";

    private static readonly byte[] Udp = Frames.UdpTo(53)[34..];
    private static readonly byte[] Dhcp = Frames.UdpTo(68, sourcePort: 67, payload: 240)[34..];

    [SkippableFact]
    public void Where_nothing_is_forwarded_every_packet_is_inputs()
    {
        using var host = new GuardedHost();
        host.Attach(":INPUT DROP\n-A INPUT -p udp -j ACCEPT");
        Assert.True(host.Lets(To(Elsewhere)));
        Assert.Equal([1UL, 0UL], host.Packets());
        Assert.Empty(host.Deferred());
    }

    [SkippableFact]
    public void Where_packets_are_forwarded_input_judges_only_what_is_for_this_host()
    {
        using var host = Router();
        var outcome = host.Attach(":INPUT ACCEPT");
        Assert.Contains(outcome.Losses, l => l.StartsWith("IPv4 packets that this host forwards", StringComparison.Ordinal));
        string[] own = ["10.0.0.1", "192.0.2.1", "192.0.2.255", "10.0.0.255", "255.255.255.255", "224.0.0.1"];
        foreach (var address in own) { Assert.True(host.Lets(To(address)), address); }
        string[] others = [Elsewhere, "10.0.0.2", "192.0.2.2", "224.0.0.251", "127.0.0.1"];
        foreach (var address in others) { Assert.False(host.Lets(To(address)), address); }
        Assert.False(host.Lets(Frames.Ipv4(Frames.Udp, Dhcp, Elsewhere)));
        Assert.True(host.Lets(Frames.Ipv4(Frames.Udp, Dhcp)));
        Assert.Equal([6UL], host.Packets());
        Assert.Equal(new Dictionary<string, ulong> { ["destination"] = 6, ["dhcp"] = 1 }, host.Deferred());
    }

    [SkippableFact]
    public void Forward_judges_what_is_for_others()
    {
        using var host = Router();
        var outcome = host.Attach(Forward(":FORWARD DROP\n-A FORWARD -p udp -m udp --dport 53 -j ACCEPT"));
        Assert.Contains(outcome.Losses, l => l.StartsWith("packets for this host itself", StringComparison.Ordinal));
        Assert.True(host.Lets(To(Elsewhere)));
        Assert.True(host.Lets(To("10.0.0.2")));
        Assert.False(host.Lets(Frames.Ipv4(Frames.Tcp, Frames.TcpHeader(80), Elsewhere)));
        Assert.Equal([2UL, 1UL], host.Packets("FORWARD"));

        Assert.False(host.Lets(To("192.0.2.1")));
        Assert.False(host.Lets(To("192.0.2.255")));
        Assert.False(host.Lets(Frames.Ipv4(Frames.Udp, Udp, Elsewhere, ttl: 1)));
        Assert.Equal(new Dictionary<string, ulong> { ["destination"] = 2, ["ttl"] = 1 }, host.Deferred());
    }

    /// <summary>Else anybody could reach port 68 of every host behind the router by sending from port 67.</summary>
    [SkippableFact]
    public void Dhcp_answers_pass_forward_only_when_they_are_for_this_host()
    {
        using var host = Router();
        host.Attach(Forward(":FORWARD DROP"));
        Assert.False(host.Lets(Frames.Ipv4(Frames.Udp, Dhcp, Elsewhere)));
        Assert.True(host.Lets(Frames.Ipv4(Frames.Udp, Dhcp, "192.0.2.1", ttl: 1)));
        Assert.True(host.Lets(Frames.Ipv4(Frames.Udp, Dhcp, "255.255.255.255")));
        Assert.False(host.Lets(Frames.Ipv4(Frames.Udp, Dhcp, "192.0.2.1", fragment: 185)));
        Assert.Equal([1UL], host.Packets("FORWARD"));
    }

    [SkippableFact]
    public void Rules_with_an_output_interface_defer_unless_it_is_named()
    {
        const string Rules = ":FORWARD DROP\n-A FORWARD -o eth1 -p udp -j ACCEPT";
        using var host = Router();
        var outcome = host.Attach(Forward(Rules));
        Assert.Contains(outcome.Losses, l => l.Contains("1 such rule", StringComparison.Ordinal));
        Assert.False(host.Lets(To(Elsewhere)));
        Assert.Equal(new Dictionary<string, ulong> { ["out-interface"] = 1 }, host.Deferred());
        host.Detach();

        host.Attach(Forward(Rules) with { Options = new CompileOptions { OutInterface = "eth1" } });
        Assert.True(host.Lets(To(Elsewhere)));
        Assert.Equal([1UL, 0UL], host.Packets("FORWARD"));
    }

    [SkippableFact]
    public void With_the_same_chain_installed_packets_for_this_host_meet_its_own_rules()
    {
        using var host = Router();
        host.Tool("iptables-legacy-restore", "*filter\n:INPUT DROP\n:FORWARD DROP\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n");
        Assert.Empty(host.Attach(Forward(":FORWARD DROP")).Losses);
        Assert.True(host.Lets(To("192.0.2.1")));
        Assert.False(host.Lets(To(Elsewhere)));
        var saved = ChainCounters.Parse(host.Tool("iptables-legacy-save", "", "-c"));
        Assert.Equal(1UL, saved.Single(c => c.Chain == "INPUT").Rules[0].Count.Packets);
    }

    [SkippableFact]
    public void Forward_is_refused_where_nothing_is_forwarded()
    {
        using var host = new GuardedHost();
        var refusal = Assert.Throws<CommandFailedException>(() => host.Attach(Forward(":FORWARD DROP")));
        Assert.Contains("forwards no packets", refusal.Message, StringComparison.Ordinal);
        Assert.True(host.Xdp.IsEmpty);
    }

    [SkippableFact]
    public void Forward_is_refused_where_a_whole_prefix_is_local()
    {
        using var host = Router();
        host.Tool("ip", "", "route", "add", "local", "198.51.100.0/24", "dev", "lo");
        var refusal = Assert.Throws<CommandFailedException>(() => host.Attach(Forward(":FORWARD DROP")));
        Assert.Contains("198.51.100.0/24", refusal.Message, StringComparison.Ordinal);

        // INPUT cannot list it either, but may leave it to the kernel.
        Assert.Contains(host.Attach(":INPUT DROP").Losses, l => l.Contains("198.51.100.0/24", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void The_interfaces_own_switch_decides()
    {
        using var host = Router();
        host.Space.Run(() => IpCommand.Set("net/ipv4/conf/eth0/forwarding", "0"));
        var outcome = host.Attach(":INPUT ACCEPT");
        Assert.Equal(DestinationScope.Any, outcome.Firewall.Options.DestinationsIPv4);
        Assert.True(host.Lets(To(Elsewhere)));
    }

    [SkippableFact]
    public void Families_forward_each_for_itself()
    {
        using var host = Router();
        host.Space.Run(() =>
        {
            IpCommand.Set("net/ipv4/ip_forward", "0");
            IpCommand.Set("net/ipv6/conf/all/forwarding", "1");
        });
        var outcome = host.Attach(GuardedHost.Request(GuardedHost.Policy(":INPUT ACCEPT"), GuardedHost.Policy(":INPUT ACCEPT", Rules.Meaning.Family.IPv6)));
        Assert.Equal((DestinationScope.Any, DestinationScope.HostAddresses), (outcome.Firewall.Options.DestinationsIPv4, outcome.Firewall.Options.DestinationsIPv6));
        Assert.True(host.Lets(To(Elsewhere)));
        Assert.False(host.Lets(Frames.Ipv6(Frames.Udp, Udp, "2001:db8:2::9")));
    }

    [SkippableFact]
    public void Ipv6_destinations_include_groups_and_anycast()
    {
        using var host = new GuardedHost();
        host.Space.Run(() =>
        {
            IpCommand.Set("net/ipv6/conf/all/disable_ipv6", "0");
            IpCommand.Set("net/ipv6/conf/eth0/disable_ipv6", "0");
            IpCommand.Set("net/ipv6/conf/all/forwarding", "1");
            IpCommand.Batch("addr add 2001:db8::1/64 dev eth0 nodad\n");
        });
        host.Attach(GuardedHost.Request(GuardedHost.Policy(":INPUT ACCEPT", Rules.Meaning.Family.IPv6)));
        string[] own = ["2001:db8::1", "2001:db8::", "ff02::1", "ff02::2", "ff02::1:ff00:1"];
        foreach (var address in own) { Assert.True(host.Lets(Frames.Ipv6(Frames.Udp, Udp, address)), address); }
        string[] others = ["2001:db8::2", "2001:db8:2::9", "ff02::1:ff00:2", "::1"];
        foreach (var address in others) { Assert.False(host.Lets(Frames.Ipv6(Frames.Udp, Udp, address)), address); }
    }

    [Fact]
    public void Destinations_are_what_the_kernel_would_deliver_here()
    {
        var all = new LocalAddresses(
            [
                new(AddressKind.Local, IPNetwork.Parse("127.0.0.0/8"), 1),
                new(AddressKind.Broadcast, IPNetwork.Parse("127.255.255.255/32"), 1),
                new(AddressKind.Local, IPNetwork.Parse("192.0.2.1/32"), 2),
                new(AddressKind.Local, IPNetwork.Parse("198.51.100.1/32"), 3),
                new(AddressKind.Broadcast, IPNetwork.Parse("192.0.2.255/32"), 2),
                new(AddressKind.Multicast, IPNetwork.Parse("ff00::/8"), 2),
                new(AddressKind.Local, IPNetwork.Parse("::1/128"), 1),
                new(AddressKind.Anycast, IPNetwork.Parse("2001:db8::/128"), 2),
            ],
            [new(IPAddress.Parse("224.0.0.1"), 2), new(IPAddress.Parse("224.0.0.9"), 3), new(IPAddress.Parse("ff02::1"), 2)],
            []);
        Assert.Equal(
            ["0.0.0.0", "192.0.2.1", "192.0.2.255", "198.51.100.1", "224.0.0.1", "255.255.255.255"],
            Sorted(HostDestinations.Of(all, 2, new InterfaceForwarding()).IPv4));
        Assert.Equal(["2001:db8::", "ff02::1"], Sorted(HostDestinations.Of(all, 2, new InterfaceForwarding()).IPv6));
        Assert.Empty(HostDestinations.Of(all, 2, new InterfaceForwarding()).Unlisted);

        var routing = new InterfaceForwarding { Ipv4Multicast = true, DirectedBroadcasts = true, LoopbackAddresses = true };
        Assert.Equal(["0.0.0.0", "192.0.2.1", "198.51.100.1", "255.255.255.255"], Sorted(HostDestinations.Of(all, 2, routing).IPv4));
        Assert.Equal(IPNetwork.Parse("127.0.0.0/8"), Assert.Single(HostDestinations.Of(all, 2, routing).Unlisted));
    }

    private static IEnumerable<string> Sorted(IEnumerable<IPAddress> addresses) => addresses.Select(a => a.ToString()).Order(StringComparer.Ordinal);

    private static byte[] To(string address) => Frames.Ipv4(Frames.Udp, Udp, address);

    private static AttachRequest Forward(string rules) => GuardedHost.Request(GuardedHost.Policy(rules)) with { Hook = Hook.Forward };

    /// <summary>Forwards from eth0 to eth1, where 203.0.113.0/24 is.</summary>
    private static GuardedHost Router()
    {
        var host = new GuardedHost("link add eth1 type veth peer name far1\nlink set eth1 up\naddr add 203.0.113.1/24 dev eth1");
        host.Space.Run(() => IpCommand.Set("net/ipv4/ip_forward", "1"));
        return host;
    }
}
