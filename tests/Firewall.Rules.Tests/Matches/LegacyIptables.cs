using System.Diagnostics;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Tests.Matches;

/// <summary>The installed legacy iptables in a network namespace of its own, deleted at the end.</summary>
public sealed class LegacyIptables : IDisposable
{
    private readonly string _namespace = $"fwc-m-{Guid.NewGuid():N}"[..15];

    public LegacyIptables() =>
        IsAvailable = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && File.Exists("/usr/sbin/iptables-legacy-restore") && File.Exists("/usr/sbin/ip6tables-legacy-restore")
            && Run("ip", ["netns", "add", _namespace]).ExitCode == 0;

    public bool IsAvailable { get; }

    /// <summary>Skips the test where there is no legacy iptables or no privilege, unless <c>FWC_REQUIRE_KERNEL=1</c>.</summary>
    public void Require()
    {
        if (Environment.GetEnvironmentVariable("FWC_REQUIRE_KERNEL") == "1") { Assert.True(IsAvailable, "no legacy iptables, or not root"); }
        Skip.IfNot(IsAvailable, "needs root and iptables-legacy");
    }

    /// <summary>Loads a file; null on success, otherwise what the tool says.</summary>
    public string? Restore(Family family, string file)
    {
        var (exitCode, _, error) = Run("ip", ["netns", "exec", _namespace, Tool(family, "restore")], file);
        return exitCode == 0 ? null : error;
    }

    /// <summary>The rules of the filter table without their <c>-A CHAIN</c>.</summary>
    public IReadOnlyList<string> Rules(Family family) =>
        [.. Run("ip", ["netns", "exec", _namespace, Tool(family, "save"), "-t", "filter"]).Output.Split('\n')
            .Where(line => line.StartsWith("-A ", StringComparison.Ordinal))
            .Select(line => line.Split(' ', 3)[2].TrimEnd())];

    public void Dispose()
    {
        if (IsAvailable) { Run("ip", ["netns", "delete", _namespace]); }
    }

    private static string Tool(Family family, string verb) => $"/usr/sbin/{(family == Family.IPv4 ? "iptables" : "ip6tables")}-legacy-{verb}";

    private static (int ExitCode, string Output, string Error) Run(string program, string[] arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
