using System.Globalization;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Netfilter;

public sealed class ConntrackAnchorTests
{
    private const string StateRule = "*filter\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n";
    private const string NoRules = "*filter\nCOMMIT\n";

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_rule_that_asks_nothing_is_tracked_and_the_anchor_is_enough(bool ipv6)
    {
        KernelRequired.Tools("ip");
        using var host = new LoopbackHost();
        Assert.Equal(0, Tracked(host, ipv6));

        host.Namespace.Run(ConntrackAnchor.Create);
        Assert.True(host.Namespace.Run(ConntrackAnchor.Exists));
        Assert.Equal(1, Tracked(host, ipv6));

        host.Namespace.Run(ConntrackAnchor.Remove);
        Assert.False(host.Namespace.Run(ConntrackAnchor.Exists));
        Assert.Equal(0, Tracked(host, ipv6));
    }

    [SkippableFact]
    public void Tracking_goes_on_when_iptables_is_flushed_and_stops_without_the_anchor()
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore");
        using var host = new LoopbackHost();
        host.Restore(StateRule);
        Assert.Equal(1, Tracked(host));

        host.Namespace.Run(ConntrackAnchor.Create);
        host.Restore(NoRules);
        Assert.Equal(1, Tracked(host));

        host.Namespace.Run(ConntrackAnchor.Remove);
        Assert.Equal(0, Tracked(host));
    }

    [SkippableFact]
    public void It_may_be_made_twice_and_removed_twice()
    {
        KernelRequired.Tools("ip");
        using var host = new LoopbackHost();
        host.Namespace.Run(() =>
        {
            ConntrackAnchor.Remove();
            ConntrackAnchor.Create();
            ConntrackAnchor.Create();
            Assert.True(ConntrackAnchor.Exists());
        });
        Assert.Equal(1, Tracked(host));
        host.Namespace.Run(() =>
        {
            ConntrackAnchor.Remove();
            ConntrackAnchor.Remove();
            Assert.False(ConntrackAnchor.Exists());
        });
    }

    [SkippableFact]
    public void Nft_shows_it_as_an_ordinary_table_without_hooks()
    {
        KernelRequired.Tools("ip", "nft");
        using var host = new LoopbackHost();
        var text = host.Namespace.Run(() =>
        {
            ConntrackAnchor.Create();
            return SystemTool.Find("nft")!.Run("list", "ruleset");
        });
        Assert.StartsWith("table inet fwc-conntrack {\n\tchain anchor {\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hook", text, StringComparison.Ordinal);
    }

    /// <summary>How many connections more are known after a datagram from a new port; the count is the namespace's own.</summary>
    private static int Tracked(LoopbackHost host, bool ipv6 = false)
    {
        var before = Count(host);
        Assert.True(host.Talk(ipv6: ipv6));
        return Count(host) - before;
    }

    private static int Count(LoopbackHost host) => host.Namespace.Run(() =>
        int.Parse(File.ReadAllText("/proc/sys/net/netfilter/nf_conntrack_count"), CultureInfo.InvariantCulture));
}
