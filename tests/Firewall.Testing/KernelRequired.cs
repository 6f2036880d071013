
namespace Firewall.Testing;

/// <summary>
/// Gate of tests that need root, the kernel or its tools: they skip with the reason, unless <c>FWC_REQUIRE_KERNEL=1</c> makes that a failure.
/// </summary>
public static class KernelRequired
{
    public static bool IsInsisted => Environment.GetEnvironmentVariable("FWC_REQUIRE_KERNEL") == "1";

    /// <summary>Goes on only as root and with the programs found in <c>PATH</c>.</summary>
    public static void Programs(params ReadOnlySpan<string> programs)
    {
        That(Environment.IsPrivilegedProcess, "needs root");
        foreach (var program in programs) { That(Find(program) is not null, $"needs {program}"); }
    }

    /// <summary>Goes on only when <paramref name="condition"/> holds.</summary>
    public static void That(bool condition, string reason)
    {
        if (IsInsisted) { Assert.True(condition, $"FWC_REQUIRE_KERNEL=1, but this test {reason}"); }
        Skip.IfNot(condition, reason);
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Append("/usr/sbin").Append("/sbin")
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
