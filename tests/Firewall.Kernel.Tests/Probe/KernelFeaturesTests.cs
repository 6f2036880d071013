using Firewall.Kernel.Probe;

namespace Firewall.Kernel.Tests.Probe;

public sealed class KernelFeaturesTests
{
    [SkippableFact]
    public void Every_answer_has_a_reason()
    {
        KernelRequired.Privileges();
        var features = KernelFeatures.Read();
        Feature[] all =
        [
            features.Privilege, features.XdpLink, features.TypeInformation, features.JustInTime, features.LongJump, features.Loop,
            features.Netfilter, features.ConnectionLookup,
        ];
        Assert.All(all, feature => Assert.NotEmpty(feature.Reason));
        Assert.True(features.Privilege.IsAvailable);
    }

    [SkippableFact]
    public void Answers_agree_with_the_version_of_the_kernel()
    {
        KernelRequired.Privileges();
        var features = KernelFeatures.Read();
        Assert.Equal(features.Release.Version >= new Version(6, 6), features.LongJump.IsAvailable);
        Assert.Equal(features.Release.Version >= new Version(5, 17), features.Loop.IsAvailable);
    }

    [SkippableFact]
    public void Netfilter_programs_are_there_from_6_4_on_and_a_kernel_without_them_is_told_so()
    {
        KernelRequired.Privileges();
        var features = KernelFeatures.Read();
        Assert.Equal(features.Release.Version >= new Version(6, 4), features.Netfilter.IsAvailable);
        Assert.Equal(!features.Netfilter.IsAvailable, features.Netfilter.Reason.Contains("Linux 6.4", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("6.18.44-fc-v769", 6, 18, 44)]
    [InlineData("5.4", 5, 4, 0)]
    [InlineData("6.1.0-40-amd64", 6, 1, 0)]
    [InlineData("strange", 0, 0, 0)]
    public void Releases_are_read(string text, int major, int minor, int patch) =>
        Assert.Equal(new Version(major, minor, patch), KernelRelease.Parse(text).Version);

    [Fact]
    public void Missing_capabilities_are_named()
    {
        const ulong NetAdminOnly = 1 << 12;
        Assert.Equal(["CAP_BPF", "CAP_PERFMON"], new Capabilities(NetAdminOnly).Missing);
        Assert.True(new Capabilities(NetAdminOnly | (1 << 21)).CanLoadFirewalls);
        Assert.False(new Capabilities(0).CanLoadFirewalls);
    }
}
