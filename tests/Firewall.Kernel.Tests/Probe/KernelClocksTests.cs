using Firewall.Kernel.Probe;

namespace Firewall.Kernel.Tests.Probe;

public sealed class KernelClocksTests
{
    [SkippableFact]
    public void The_rate_of_jiffies_is_the_one_the_kernel_was_built_with()
    {
        KernelRequired.Tools("zgrep");
        Skip.IfNot(File.Exists("/proc/config.gz"), "the kernel does not say how it was built");
        using var grep = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("zgrep", "^CONFIG_HZ= /proc/config.gz") { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal($"CONFIG_HZ={KernelClocks.MeasureHertz()}", grep.StandardOutput.ReadToEnd().Trim());
    }

    [SkippableFact]
    public void The_rate_of_jiffies_is_one_of_those_that_kernels_have()
    {
        KernelRequired.Privileges();
        Assert.Contains(KernelClocks.MeasureHertz(), new uint[] { 100, 250, 300, 1000 });
    }

    [Theory]
    [InlineData(25, 100, 250u)]
    [InlineData(24, 100, 250u)]
    [InlineData(26, 100, 250u)]
    [InlineData(30, 100, 300u)]
    [InlineData(3, 10, null)]
    [InlineData(50, 100, null)]
    public void A_rate_is_told_when_no_other_is_possible(ulong jiffies, ulong milliseconds, uint? rate) =>
        Assert.Equal(rate, KernelClocks.RateOf((7, 9), (7 + jiffies, 9 + (milliseconds * 1_000_000))));

    [Fact]
    public void Atomic_time_is_ahead_by_whole_seconds() => Assert.InRange(KernelClocks.TaiOffset(), 0, 60);
}
