namespace Firewall.Bpf.Tests;

/// <summary>
/// Guards tests that load programs into the running kernel: without root or a tool they are skipped with the reason,
/// unless FWC_REQUIRE_KERNEL=1 says that a skip is a failure.
/// </summary>
internal static class KernelRequired
{
    public static void With(params string[] tools)
    {
        var missing = Array.Find(tools, t => !IsInstalled(t));
        var reason = !Environment.IsPrivilegedProcess ? "needs root"
            : missing is not null ? $"needs {missing}"
            : null;
        if (reason is not null && Environment.GetEnvironmentVariable("FWC_REQUIRE_KERNEL") == "1")
        {
            Assert.Fail($"the kernel is required, but the test {reason}");
        }

        Skip.If(reason is not null, reason ?? "");
    }

    private static bool IsInstalled(string tool) => Array.Exists(
        ["/usr/sbin", "/sbin", "/usr/bin", "/bin"],
        folder => File.Exists(Path.Combine(folder, tool)));
}
