using System.Net;
using Firewall.Kernel.Netlink;
using Firewall.Kernel.Network;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Network;

public sealed class NetworkFactsTests
{
    [SkippableFact]
    public void Interfaces_have_their_index_address_and_kind()
    {
        using var space = Furnished("link add eth0 address 02:00:00:00:00:07 mtu 1400 type veth peer name eth1\nlink set eth0 up");
        var all = space.Run(NetworkInterfaces.All);
        Assert.Equal(["lo", "eth0", "eth1"], all.Select(i => i.Name).OrderBy(n => n != "lo").ThenBy(n => n));
        var eth0 = all.Single(i => i.Name == "eth0");
        Assert.Equal(("veth", 1400u, "02:00:00:00:00:07"), (eth0.Kind, eth0.Mtu, eth0.Mac.ToString()));
        Assert.True(eth0 is { IsEthernet: true, IsLoopback: false, IsUp: true });
        Assert.Equal(all.Single(i => i.Name == "eth1").Index, eth0.Lower);
        Assert.True(all.Single(i => i.Name == "lo") is { IsLoopback: true, IsUp: false, Index: 1 });
    }

    [SkippableFact]
    public void A_plain_interface_is_seen_alike_by_xdp_and_iptables()
    {
        using var space = Furnished("link add eth0 type veth peer name eth1");
        Assert.Empty(space.Run(() => VantagePoint.Of(NetworkInterfaces.Get("eth0"))));
    }

    [SkippableFact]
    public void A_bridge_port_is_told_with_its_bridge()
    {
        using var space = Furnished("link add eth0 type veth peer name eth1\nlink add br0 type bridge\nlink set eth0 master br0");
        var point = Assert.Single(space.Run(() => VantagePoint.Of(NetworkInterfaces.Get("eth0"))));
        Assert.Equal((VantageDifference.BridgePort, "br0"), (point.Difference, point.Other!.Name));
    }

    [SkippableFact]
    public void A_macvlan_on_top_is_told()
    {
        using var space = Furnished("link add eth0 type veth peer name eth1\nlink add mac0 link eth0 type macvlan");
        var point = Assert.Single(space.Run(() => VantagePoint.Of(NetworkInterfaces.Get("eth0"))));
        Assert.Equal((VantageDifference.DeviceAbove, "mac0"), (point.Difference, point.Other!.Name));
    }

    [SkippableFact]
    public void Loopback_is_told()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        Assert.Equal(VantageDifference.Loopback, Assert.Single(space.Run(() => VantagePoint.Of(NetworkInterfaces.Get("lo")))).Difference);
    }

    [Fact]
    public void A_vlan_on_top_is_told_with_its_tag()
    {
        // Not every kernel has VLANs, so the message is made by hand: what RTM_NEWLINK says of eth0.10 on eth0 (index 2).
        var eth0 = new NetworkInterface { Index = 2, Name = "eth0", HardwareType = 1, Flags = InterfaceFlags.Up };
        var header = new byte[16];
        header[2] = 1;
        header[4] = 3;
        var data = new NetlinkRequest(0, NetlinkFlags.None, []).With(1, [10, 0]).ToBytes(0).AsSpan(NetlinkRequest.HeaderSize).ToArray();
        var info = new NetlinkRequest(0, NetlinkFlags.None, []).With(1, "vlan").With(2, data).ToBytes(0).AsSpan(NetlinkRequest.HeaderSize).ToArray();
        var message = new NetlinkRequest(16, NetlinkFlags.None, header).With(3, "eth0.10").With(5, 2u).With(18, info).ToBytes(1);
        var vlan = NetworkInterfaces.Read(Assert.Single(NetlinkMessage.Split(message)));

        Assert.Equal((3, "eth0.10", "vlan", 2, (ushort?)10), (vlan.Index, vlan.Name, vlan.Kind, vlan.Lower, vlan.VlanId));
        var point = Assert.Single(VantagePoint.Of(eth0, [eth0, vlan]));
        Assert.Equal(VantageDifference.VlanAbove, point.Difference);
        Assert.Equal("frames tagged 10 belong to eth0.10", point.Explanation);
    }

    [SkippableFact]
    public void The_local_table_knows_own_broadcast_and_multicast_addresses()
    {
        using var space = Furnished("""
            link set lo up
            link add eth0 type veth peer name eth1
            link set eth1 up
            link set eth0 up
            addr add 192.0.2.1/24 brd + dev eth0
            addr add 2001:db8::1/64 dev eth0 nodad
            """);
        var addresses = space.Run(LocalAddresses.Read);
        var eth0 = space.Run(() => NetworkInterfaces.Get("eth0")).Index;
        Assert.Contains(new LocalAddress(AddressKind.Local, IPNetwork.Parse("192.0.2.1/32"), eth0), addresses.Routes);
        Assert.Contains(new LocalAddress(AddressKind.Broadcast, IPNetwork.Parse("192.0.2.255/32"), eth0), addresses.Routes);
        Assert.Contains(new LocalAddress(AddressKind.Local, IPNetwork.Parse("127.0.0.0/8"), 1), addresses.Routes);
        Assert.Contains(new LocalAddress(AddressKind.Local, IPNetwork.Parse("2001:db8::1/128"), eth0), addresses.Routes);
        Assert.Contains(new LocalAddress(AddressKind.Multicast, IPNetwork.Parse("ff00::/8"), eth0), addresses.Routes);
        Assert.Contains(new JoinedGroup(IPAddress.Parse("224.0.0.1"), eth0), addresses.Groups);
        Assert.Contains(new JoinedGroup(IPAddress.Parse("ff02::1"), eth0), addresses.Groups);
        Assert.Contains(new AssignedAddress(eth0, IPAddress.Parse("192.0.2.1"), 24, IPAddress.Parse("192.0.2.255")), addresses.Assigned);
        Assert.DoesNotContain(addresses.Routes, route => route.Prefix.PrefixLength == 0);
    }

    [SkippableFact]
    public void Forwarding_is_read_for_the_host_and_for_each_interface()
    {
        using var space = Furnished("link add eth0 type veth peer name eth1");
        var before = space.Run(Forwarding.Read);
        Assert.False(before.Ipv4);
        space.Run(() => IpCommand.Set("net/ipv4/ip_forward", "1"));
        space.Run(() => IpCommand.Set("net/ipv4/conf/eth1/forwarding", "0"));
        space.Run(() => IpCommand.Set("net/ipv6/conf/eth0/forwarding", "1"));
        var after = space.Run(Forwarding.Read);
        Assert.True(after.Ipv4);
        Assert.True(after.Ipv4Interfaces["eth0"]);
        Assert.False(after.Ipv4Interfaces["eth1"]);
        Assert.True(after.Ipv6Interfaces["eth0"]);
        Assert.DoesNotContain("all", after.Ipv4Interfaces.Keys);
    }

    [SkippableFact]
    public void A_namespace_of_our_own_is_another_one_and_the_thread_comes_home()
    {
        KernelRequired.Privileges();
        var home = NetworkNamespace.CurrentInode;
        using var space = NetworkNamespace.Create();
        Assert.NotEqual(home, space.Inode);
        Assert.Equal(space.Inode, space.Run(() => NetworkNamespace.CurrentInode));
        Assert.Throws<InvalidOperationException>(() => space.Run(() => throw new InvalidOperationException()));
        Assert.Equal(home, NetworkNamespace.CurrentInode);
    }

    private static NetworkNamespace Furnished(string commands)
    {
        KernelRequired.Tools("ip");
        var space = NetworkNamespace.Create();
        space.Run(() => IpCommand.Batch(commands + "\n"));
        return space;
    }
}
