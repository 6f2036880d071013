using Firewall.Kernel.Netfilter;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>The rig reproduces what was measured by hand: ids are those of docs/semantics (A03, E07, K01, …).</summary>
public sealed class OracleTests
{
    private static readonly byte[] Udp53 = Frames.UdpTo(53);
    private static readonly byte[] Udp54 = Frames.UdpTo(54);
    private static readonly byte[] Tcp80 = Frames.TcpTo(80);
    private static readonly byte[] Ping = Frames.Ipv4(Frames.Icmp, [8, 0, 0, 0, 0, 0, 0, 0]);

    [SkippableFact]
    public void A03_return_in_a_user_chain_resumes_after_the_jump()
    {
        using var host = Filtering("""
            :INPUT DROP
            :u -
            -A INPUT -j u
            -A INPUT -j ACCEPT
            -A u -p udp -j RETURN
            -A u -j DROP
            """);
        Assert.True(host.Send(Udp53));
        Assert.False(host.Send(Tcp80));
        Assert.Equal([2UL, 1UL], Packets(host, "INPUT"));
        Assert.Equal([1UL, 1UL], Packets(host, "u"));
    }

    [SkippableFact]
    public void A04_return_in_a_builtin_chain_is_the_policy_at_once()
    {
        using var host = Filtering("""
            :INPUT DROP
            -A INPUT -p udp -j RETURN
            -A INPUT -j ACCEPT
            """);
        Assert.False(host.Send(Udp53));
        Assert.True(host.Send(Tcp80));
    }

    [SkippableFact]
    public void A05_falling_off_a_chain_reached_by_goto_from_a_builtin_chain_is_the_policy()
    {
        using var host = Filtering("""
            :INPUT DROP
            :u -
            -A INPUT -p udp -g u
            -A INPUT -j ACCEPT
            -A u -p tcp -j ACCEPT
            """);
        Assert.False(host.Send(Udp53));
        Assert.True(host.Send(Tcp80));
    }

    [SkippableFact]
    public void A06_falling_off_a_chain_reached_by_goto_returns_to_the_last_jump()
    {
        using var host = Filtering("""
            :INPUT DROP
            :a -
            :b -
            -A INPUT -j a
            -A INPUT -p udp -j ACCEPT
            -A a -p udp -g b
            -A a -j DROP
            -A b -p icmp -j ACCEPT
            """);
        Assert.True(host.Send(Udp53));
        Assert.False(host.Send(Tcp80));
        Assert.Equal([1UL, 1UL], Packets(host, "a"));
    }

    [SkippableFact]
    public void A07_return_in_a_chain_reached_by_goto_behaves_the_same()
    {
        using var host = Filtering("""
            :INPUT DROP
            :a -
            :b -
            -A INPUT -j a
            -A INPUT -p udp -j ACCEPT
            -A a -g b
            -A a -j DROP
            -A b -p udp -j RETURN
            -A b -j DROP
            """);
        Assert.True(host.Send(Udp53));
        Assert.False(host.Send(Tcp80));
        Assert.Equal([1UL, 1UL], Packets(host, "b"));
    }

    [SkippableTheory]
    [InlineData(0, false)]
    [InlineData(4, false)]
    [InlineData(19, false)]
    [InlineData(20, true)]
    public void E07_a_truncated_tcp_header_is_dropped_by_any_rule_that_looks_at_it_K03_and_counts_nowhere(int length, bool passes)
    {
        using var host = Filtering("""
            :INPUT ACCEPT
            -A INPUT -p tcp --dport 9 -j ACCEPT
            """);
        Assert.Equal(passes, host.Send(Frames.TcpTo(80, length: length)));
        Assert.Equal([0UL], Packets(host, "INPUT"));
        Assert.Equal(passes ? new PacketCount(1, 40) : default, Policy(host));
    }

    [SkippableFact]
    public void K01_a_rule_counts_every_packet_it_matched_and_the_policy_what_it_decided()
    {
        using var host = Filtering("""
            :INPUT DROP
            :u -
            -A INPUT -p udp -j u
            -A INPUT -p udp
            -A INPUT -p tcp -j ACCEPT
            -A u -p udp -m udp --dport 53 -j RETURN
            -A u -j LOG
            """);
        host.Send(Udp53);
        host.Send([.. Udp53, .. "PADDING"u8]);
        host.Send(Udp54);
        host.Send(Tcp80);
        Assert.Equal([new(3, 84), new(3, 84), new(1, 40)], Counts(host, "INPUT"));
        Assert.Equal([new(2, 56), new(1, 28)], Counts(host, "u"));
        Assert.Equal(new PacketCount(3, 84), Policy(host));
    }

    [SkippableFact]
    public void K02_return_in_a_builtin_chain_counts_in_the_rule_and_in_the_policy()
    {
        using var host = Filtering("""
            :INPUT DROP
            -A INPUT -p udp -j RETURN
            """);
        host.Send(Udp53);
        Assert.Equal([new(1, 28)], Counts(host, "INPUT"));
        Assert.Equal(new PacketCount(1, 28), Policy(host));
    }

    [SkippableFact]
    public void K04_fragments_for_this_host_count_once_as_the_datagram()
    {
        using var host = Filtering("""
            :INPUT DROP
            -A INPUT -p udp -j ACCEPT
            """);
        const ushort MoreFragments = 0x2000;
        byte[] datagram = [0x03, 0xe8, 0, 53, 0, 64, 0, 0, .. new byte[56]];
        Assert.False(host.Send(Frames.Ipv4(Frames.Udp, datagram.AsSpan(0, 32), fragment: MoreFragments)));
        Assert.True(host.Send(Frames.Ipv4(Frames.Udp, datagram.AsSpan(32), fragment: 32 / 8)));
        Assert.Equal([new(1, 84)], Counts(host, "INPUT"));
    }

    [SkippableFact]
    public void K05_what_the_stack_discards_counts_nowhere()
    {
        using var host = Filtering("""
            :INPUT ACCEPT
            -A INPUT -j ACCEPT
            """);
        var martian = Frames.Ipv4(Frames.Udp, Udp53.AsSpan(34), source: "127.0.0.1");
        Assert.False(host.Send(martian));
        Assert.Equal([0UL], Packets(host, "INPUT"));
    }

    [SkippableTheory]
    [InlineData(0x0000, true)]
    [InlineData(0x6000, true)]
    [InlineData(0x0005, false)]
    public void S06_priority_tags_are_filtered_and_other_tags_are_not(int tag, bool passes)
    {
        using var host = Filtering(":INPUT ACCEPT");
        var frame = Frames.Ipv4(Frames.Udp, Udp53.AsSpan(34), tags: [0x81, 0x00, (byte)(tag >> 8), (byte)tag]);
        Assert.Equal(passes, host.Send(frame));
    }

    [SkippableFact]
    public void S04_forward_sees_the_ttl_already_decremented()
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save");
        using var host = OracleHost.Create(AddressFamily.Ipv4, forwarding: true);
        host.Load("""
            *filter
            :FORWARD DROP
            -A FORWARD -m ttl --ttl-eq 64 -j ACCEPT
            -A FORWARD -m ttl --ttl-eq 63 -p udp -j ACCEPT
            COMMIT

            """);
        Assert.True(host.Send(Frames.Ipv4(Frames.Udp, Udp53.AsSpan(34), destination: "203.0.113.9", ttl: 64)));
        Assert.False(host.Send(Frames.Ipv4(Frames.Udp, Udp53.AsSpan(34), destination: "203.0.113.9", ttl: 63)));
        Assert.Equal([0UL, 1UL], Packets(host, "FORWARD"));
    }

    [SkippableFact]
    public void J06_a_delivered_flow_is_established_once_the_other_side_answers()
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save");
        using var host = OracleHost.Create(AddressFamily.Ipv4, forwarding: true, Afterwards.Deliver);
        host.Load("""
            *filter
            :FORWARD DROP
            -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
            -A FORWARD -i eth0 -m conntrack --ctstate NEW -j ACCEPT
            COMMIT

            """);
        var answer = Frames.Ipv4(Frames.Udp, Frames.UdpTo(1000, sourcePort: 53).AsSpan(34), destination: "10.0.0.2", source: "203.0.113.9");
        OracleHost.OtherMac.ToBytes().CopyTo(answer, 0);
        Assert.False(host.Send(answer, arriving: "eth1"));
        Assert.True(host.Send(Frames.Ipv4(Frames.Udp, Udp53.AsSpan(34), destination: "203.0.113.9")));
        Assert.True(host.Send(answer, arriving: "eth1"));
        Assert.Equal([1UL, 1UL], Packets(host, "FORWARD"));
        Assert.Equal(63, host.Receive("eth1")[14 + 8]);
    }

    [SkippableFact]
    public void When_packets_are_discarded_no_connection_is_remembered()
    {
        using var host = Filtering("""
            :INPUT DROP
            -A INPUT -m conntrack --ctstate NEW -j ACCEPT
            """);
        Assert.True(host.Send(Udp53));
        Assert.True(host.Send(Udp53));
        Assert.Equal([2UL], Packets(host, "INPUT"));
    }

    [SkippableFact]
    public void A_host_of_ipv6_filters_ipv6()
    {
        KernelRequired.Tools("ip", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        using var host = OracleHost.Create(AddressFamily.Ipv6);
        host.Load("""
            *filter
            :INPUT DROP
            -A INPUT -p udp --dport 53 -j ACCEPT
            COMMIT

            """);
        Assert.True(host.Send(Frames.Ipv6(Frames.Udp, Udp53.AsSpan(34))));
        Assert.False(host.Send(Frames.Ipv6(Frames.Udp, Udp54.AsSpan(34))));
        Assert.Equal(new PacketCount(1, 48), host.Counters().Single(c => c.Chain == "INPUT").Rules[0].Count);
        Assert.Equal(new PacketCount(1, 48), Policy(host));
    }

    [SkippableFact]
    public void Rules_that_iptables_refuses_are_returned_with_its_words()
    {
        using var host = Filtering(":INPUT ACCEPT");
        Assert.Contains("nosuch", host.TryLoad("*filter\n-A INPUT -j nosuch\nCOMMIT\n"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Loading_again_begins_with_counters_at_zero()
    {
        using var host = Filtering(":INPUT DROP\n-A INPUT -p icmp");
        host.Send(Ping);
        Assert.Equal([1UL], Packets(host, "INPUT"));
        host.Load("*filter\n:INPUT ACCEPT\n-A INPUT -p icmp\nCOMMIT\n");
        Assert.Equal([0UL], Packets(host, "INPUT"));
    }

    [SkippableFact]
    public void Counters_of_a_thousand_packets_agree_with_their_verdicts()
    {
        using var host = Filtering("""
            :INPUT DROP
            -A INPUT -p udp --dport 0:499 -j ACCEPT
            """);
        var passed = Enumerable.Range(0, 1000).Count(port => host.Send(Frames.UdpTo(port)));
        Assert.Equal(500, passed);
        Assert.Equal([500UL], Packets(host, "INPUT"));
        Assert.Equal(500UL, Policy(host).Packets);
        Assert.Equal(0UL, host.Counters().Single(c => c.Chain == "OUTPUT").PolicyCount.Packets);
    }

    private static OracleHost Filtering(string rules)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save");
        var host = OracleHost.Create(AddressFamily.Ipv4);
        host.Load($"*filter\n{rules}\nCOMMIT\n");
        return host;
    }

    private static PacketCount[] Counts(OracleHost host, string chain) =>
        [.. host.Counters().Single(c => c.Chain == chain).Rules.Select(rule => rule.Count)];

    private static ulong[] Packets(OracleHost host, string chain) => [.. Counts(host, chain).Select(count => count.Packets)];

    private static PacketCount Policy(OracleHost host) => host.Counters().Single(c => c.Chain == "INPUT").PolicyCount;
}
