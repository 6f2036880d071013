using Firewall.Kernel.Netfilter;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>iproute2, to furnish private network namespaces; runs in the namespace of the calling thread.</summary>
internal static class IpCommand
{
    /// <summary>One command of ip(8) a line, all in one process.</summary>
    public static void Batch(string commands)
    {
        var outcome = SystemTool.Find("ip")!.Try(commands, null, "-batch", "-");
        Assert.True(outcome.ExitCode == 0, $"ip -batch failed: {outcome.Errors}\n{commands}");
    }

    public static void Set(string setting, string value) => File.WriteAllText($"/proc/sys/{setting}", value);
}
