using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Probe;

namespace Firewall.Kernel.Tests;

/// <summary>
/// Decides whether a test that needs the kernel can run here. It is skipped with the reason when it cannot, unless
/// FWC_REQUIRE_KERNEL=1 says that this machine must be able to: then a missing piece is a failure.
/// </summary>
public static class KernelRequired
{
    private const string Variable = "FWC_REQUIRE_KERNEL";

    /// <summary>Root, or the capabilities that loading, attaching and namespaces need.</summary>
    public static void Privileges()
    {
        if (!OperatingSystem.IsLinux())
        {
            NotHere("this is not Linux");
        }

        var capabilities = Capabilities.Read();
        if (!capabilities.CanLoadFirewalls)
        {
            NotHere($"missing {string.Join(", ", capabilities.Missing)}: run the tests as root");
        }
    }

    public static void Tools(params ReadOnlySpan<string> names)
    {
        Privileges();
        foreach (var name in names)
        {
            if (SystemTool.Find(name) is null)
            {
                NotHere($"{name} is not installed");
            }
        }
    }

    private static void NotHere(string reason)
    {
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            Assert.Fail($"{Variable}=1, but {reason}");
        }

        Skip.If(true, reason);
    }
}
