using Firewall.Kernel.Network;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Network;

public sealed class IcmpLimitsTests
{
    [SkippableFact]
    public void The_namespaces_own_settings_are_read()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        var limits = space.Run(() =>
        {
            IpCommand.Set("net/ipv4/icmp_ratelimit", "40");
            IpCommand.Set("net/ipv4/icmp_ratemask", "16");
            IpCommand.Set("net/ipv4/ip_default_ttl", "33");
            IpCommand.Set("net/ipv6/icmp/ratelimit", "80");
            IpCommand.Set("net/ipv6/conf/lo/hop_limit", "44");
            return IcmpLimits.Read("lo");
        });
        Assert.Equal((33, 44, 40.0, 80.0, false, true),
            (limits.TimeToLive, limits.HopLimit, limits.DelayIPv4.TotalMilliseconds, limits.DelayIPv6.TotalMilliseconds, limits.LimitsIPv4, limits.LimitsIPv6));
        Assert.True(limits.PerSecond > 0 && limits.Burst > 0);
    }

    [Theory]
    [InlineData("0-1,3-127", 1, true)]
    [InlineData("0-1,3-127", 2, false)]
    [InlineData("1", 1, true)]
    [InlineData("", 1, false)]
    public void Bitmaps_are_lists_of_ranges(string list, int number, bool contained) => Assert.Equal(contained, IcmpLimits.Contains(list, number));
}
