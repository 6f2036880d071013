using Firewall.Cli.Attachment;
using Firewall.Compiler;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>What the program cannot judge gets past it only where the kernel holds the same rules.</summary>
public sealed class FailingClosedTests
{
    private const ushort MoreFragments = 0x2000;
    private const string All = ":INPUT ACCEPT";

    private static readonly byte[] Udp = Frames.UdpTo(53, payload: 56)[34..];
    private static readonly byte[] FirstFragment = Frames.Ipv4(Frames.Udp, Udp.AsSpan(0, 32), fragment: MoreFragments);
    private static readonly byte[] LastFragment = Frames.Ipv4(Frames.Udp, Udp.AsSpan(32), fragment: 32 / 8);
    private static readonly byte[] Tagged = Frames.Ipv4(Frames.Udp, Udp, tags: [0x81, 0x00, 0x00, 0x05]);
    private static readonly byte[] Truncated = Frames.UdpTo(53)[..30];
    private static readonly byte[] Version6 = Frames.Ipv6(Frames.Udp, Udp);
    private static readonly byte[] Arp = Frames.Ethernet([0x08, 0x06], new byte[28]);
    private static readonly byte[] DhcpOffer = Frames.UdpTo(68, sourcePort: 67, payload: 240);

    /// <summary>The rules accept everything, so whatever does not pass was deferred.</summary>
    [SkippableFact]
    public void Without_iptables_no_fragment_no_tagged_frame_no_truncated_packet_gets_through()
    {
        using var host = new GuardedHost();
        var outcome = host.Attach(All);
        Assert.Equal(DeferredAction.Drop, outcome.Deferred.Action);
        Assert.True(host.Lets(Frames.UdpTo(53)));

        Assert.False(host.Lets(FirstFragment));
        Assert.False(host.Lets(LastFragment));
        Assert.False(host.Lets(Frames.Ipv4(Frames.Tcp, Udp, fragment: 1)));
        Assert.False(host.Lets(Tagged));
        Assert.False(host.Lets(Frames.Ipv4(Frames.Udp, Udp, tags: [0x88, 0xa8, 0x00, 0x00, 0x81, 0x00, 0x00, 0x07])));
        for (var length = 14; length < 34; length++) { Assert.False(host.Lets(Truncated.AsSpan(0, Math.Min(length, Truncated.Length)))); }
        Assert.False(host.Lets(Version6));
        Assert.Equal([1UL], host.Packets());

        Assert.True(host.Lets(Arp));
        Assert.True(host.Lets(Frames.Ethernet([0x88, 0xcc], new byte[46])));
        Assert.True(host.Lets(DhcpOffer));
        Assert.Equal(
            new Dictionary<string, ulong>
            {
                ["not-ip"] = 2, ["no-rules-for-family"] = 1, ["fragment"] = 3, ["vlan"] = 2, ["truncated"] = 20, ["dhcp"] = 1,
            },
            host.Deferred());
        Assert.Equal([1UL], host.Packets());
    }

    [SkippableFact]
    public void What_dropping_loses_is_said()
    {
        using var host = new GuardedHost();
        var outcome = host.Attach(All);
        Assert.True(outcome.Deferred.IsSurprising);
        Assert.Contains("no filter table of iptables", outcome.Deferred.Reason, StringComparison.Ordinal);
        Assert.Contains(outcome.Losses, l => l.StartsWith("all of IPv6", StringComparison.Ordinal));
        Assert.Contains(outcome.Losses, l => l.StartsWith("fragments of IPv4", StringComparison.Ordinal));
        Assert.Contains(outcome.Losses, l => l.Contains("VLAN", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Dhcp_answers_meet_the_rules_when_asked()
    {
        using var host = new GuardedHost();
        host.Attach(GuardedHost.Request(GuardedHost.Policy(":INPUT DROP")) with { JudgesDhcp = true });
        Assert.False(host.Lets(DhcpOffer));
        Assert.Equal([1UL], host.Packets());
    }

    [SkippableTheory]
    [InlineData("iptables-legacy")]
    [InlineData("iptables-nft")]
    public void With_the_same_rules_in_iptables_deferred_packets_pass_and_iptables_decides(string tool)
    {
        using var host = new GuardedHost();
        host.Tool($"{tool}-restore", $"*filter\n{AttachTests.NameServer}\nCOMMIT\n");
        var outcome = host.Attach(AttachTests.NameServer);
        Assert.Equal(DeferredAction.Kernel, outcome.Deferred.Action);
        Assert.Contains(tool, outcome.Deferred.Reason, StringComparison.Ordinal);
        Assert.Empty(outcome.Losses);

        Assert.True(host.Lets(FirstFragment));
        Assert.True(host.Lets(LastFragment));
        var otherwise = Frames.UdpTo(54, payload: 56)[34..];
        Assert.True(host.Lets(Frames.Ipv4(Frames.Udp, otherwise.AsSpan(0, 32), source: "10.0.0.3", fragment: MoreFragments)));
        Assert.True(host.Lets(Frames.Ipv4(Frames.Udp, otherwise.AsSpan(32), source: "10.0.0.3", fragment: 32 / 8)));
        Assert.True(host.Lets(Tagged));
        Assert.True(host.Lets(Version6));
        Assert.False(host.Lets(Frames.UdpTo(54)));
        Assert.Equal([0UL, 0UL, 1UL], host.Packets());

        // Both datagrams, put together, met the rules of the kernel: one was accepted, one fell to the policy.
        var saved = ChainCounters.Parse(host.Tool($"{tool}-save", "", "-c")).Single(c => c.Chain == "INPUT");
        Assert.Equal((1UL, 1UL), (saved.Rules[0].Count.Packets, saved.PolicyCount.Packets));
    }

    [SkippableTheory]
    [InlineData(":INPUT DROP\n:u -\n-A INPUT -p 17 --dport domain -j ACCEPT -m comment --comment x\n-A INPUT -p tcp -j u\n-A u -p tcp --dport ssh -j ACCEPT", false)]
    [InlineData(":OUTPUT DROP\n:INPUT DROP [7:700]\n:z -\n:u -\n[1:2] -A INPUT -p 17 --dport domain -j ACCEPT\n-A INPUT -p tcp -j u\n-A u -p tcp --dport ssh -j ACCEPT\n-A z -j DROP", true)]
    [InlineData(":INPUT ACCEPT\n:u -\n-A INPUT -p udp --dport 53 -j ACCEPT\n-A INPUT -p tcp -j u\n-A u -p tcp --dport 22 -j ACCEPT", false)]
    [InlineData(":INPUT DROP\n:u -\n-A INPUT -p udp --dport 53 -j ACCEPT\n-A INPUT -p tcp -j u\n-A u -p tcp --dport 22 -j ACCEPT\n-A u -j RETURN", false)]
    [InlineData(":INPUT DROP\n:u -\n-A INPUT -p udp --dport 53 -j ACCEPT\n-A INPUT -p tcp -g u\n-A u -p tcp --dport 22 -j ACCEPT", false)]
    [InlineData(":INPUT DROP\n:v -\n-A INPUT -p udp --dport 53 -j ACCEPT\n-A INPUT -p tcp -j v\n-A v -p tcp --dport 22 -j ACCEPT", false)]
    [InlineData(":INPUT DROP", false)]
    public void Rules_are_the_same_when_they_mean_the_same_whatever_their_spelling_and_counters(string installed, bool same)
    {
        using var host = new GuardedHost();
        host.Tool("iptables-legacy-restore", $"*filter\n{installed}\nCOMMIT\n");
        var compared = host.Space.Run(() => InstalledRules.ComparedWith(GuardedHost.Request(GuardedHost.Policy(AttachTests.NameServer)).Rules));
        Assert.True(same == compared.AreTheSame, compared.Explanation);
    }

    [SkippableFact]
    public void Both_families_must_be_installed_when_both_have_rules()
    {
        using var host = new GuardedHost();
        host.Tool("iptables-legacy-restore", $"*filter\n{AttachTests.NameServer}\nCOMMIT\n");
        var request = GuardedHost.Request(GuardedHost.Policy(AttachTests.NameServer), GuardedHost.Policy(AttachTests.NameServer, Family.IPv6));
        var alone = host.Space.Run(() => InstalledRules.ComparedWith(request.Rules));
        Assert.False(alone.AreTheSame);
        Assert.Equal("no filter table of ip6tables is installed in this network namespace", alone.Explanation);
        host.Tool("ip6tables-nft-restore", $"*filter\n{AttachTests.NameServer}\nCOMMIT\n");
        var both = host.Space.Run(() => InstalledRules.ComparedWith(request.Rules));
        Assert.Equal((true, "iptables-legacy holds the same rules; ip6tables-nft holds the same rules"), (both.AreTheSame, both.Explanation));
    }

    [SkippableFact]
    public void Comments_beyond_ascii_are_compared_too()
    {
        using var host = new GuardedHost();
        host.Tool("iptables-legacy-restore", "*filter\n-A INPUT -m comment --comment gr\u00fc\u00dfe -j DROP\nCOMMIT\n");
        var request = (string comment) => GuardedHost.Request(GuardedHost.Policy($"-A INPUT -m comment --comment {comment} -j DROP"));
        Assert.True(host.Space.Run(() => InstalledRules.ComparedWith(request("gr\u00fc\u00dfe").Rules)).AreTheSame);
        Assert.False(host.Space.Run(() => InstalledRules.ComparedWith(request("gr\u00fc\u00dfi").Rules)).AreTheSame);
    }

    [SkippableFact]
    public void The_user_can_insist_on_either()
    {
        using var host = new GuardedHost();
        var request = GuardedHost.Request(GuardedHost.Policy(AttachTests.NameServer));
        var kernel = host.Attach(request with { Deferred = DeferredChoice.Kernel });
        Assert.True(kernel.Deferred is { Action: DeferredAction.Kernel, IsSurprising: true });
        Assert.True(host.Lets(LastFragment));
        host.Detach();

        host.Tool("iptables-legacy-restore", $"*filter\n{AttachTests.NameServer}\nCOMMIT\n");
        var drop = host.Attach(request with { Deferred = DeferredChoice.Drop });
        Assert.True(drop.Deferred is { Action: DeferredAction.Drop, IsSurprising: false });
        Assert.NotEmpty(drop.Losses);
        Assert.False(host.Lets(LastFragment));
    }
}
