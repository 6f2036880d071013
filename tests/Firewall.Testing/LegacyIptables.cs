using System.Diagnostics;
using System.Text;

namespace Firewall.Testing;

/// <summary>What a loader said.</summary>
public sealed record LoadResult(bool Accepted, string Output);

/// <summary>
/// The real iptables (legacy back end) in a network namespace of its own, which lives as long as this object. The host's tables are never touched.
/// </summary>
public sealed class LegacyIptables : IDisposable
{
    private readonly string _namespace = $"fwc-test-{Environment.ProcessId}-{Guid.NewGuid():N}"[..30];

    public LegacyIptables()
    {
        KernelRequired.Programs("ip", "iptables-legacy-restore", "ip6tables-legacy-restore");
        var (code, output) = Run("ip", ["netns", "add", _namespace], []);
        KernelRequired.That(code == 0, $"needs network namespaces: {output}");
    }

    /// <summary>Loads a file, whole COMMIT included; tables it does not name keep their rules.</summary>
    /// <param name="rules">The file; one char per byte (Latin-1).</param>
    /// <param name="ipv6">ip6tables instead of iptables.</param>
    public LoadResult Restore(string rules, bool ipv6 = false)
    {
        var (code, output) = Run("ip", ["netns", "exec", _namespace, $"ip{(ipv6 ? "6" : "")}tables-legacy-restore"], Encoding.Latin1.GetBytes(rules));
        return new LoadResult(code == 0, output);
    }

    /// <summary>Makes sets, in the form of <c>ipset save</c>.</summary>
    public LoadResult RestoreSets(string sets)
    {
        KernelRequired.Programs("ipset");
        var (code, output) = Run("ip", ["netns", "exec", _namespace, "ipset", "restore"], Encoding.Latin1.GetBytes(sets));
        return new LoadResult(code == 0, output);
    }

    /// <summary>What <c>ipset save</c> prints.</summary>
    public string SaveSets() => Run("ip", ["netns", "exec", _namespace, "ipset", "save"], []).Output;

    /// <summary>What iptables-save prints, banner and counters left out; one char per byte.</summary>
    public string Save(bool ipv6 = false, string? table = null)
    {
        string[] arguments = ["netns", "exec", _namespace, $"ip{(ipv6 ? "6" : "")}tables-legacy-save", .. table is null ? Array.Empty<string>() : ["-t", table]];
        var (_, output) = Run("ip", arguments, []);
        return string.Concat(output.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l + "\n"));
    }

    /// <summary>Whether the running kernel has a target (<c>/proc/net/ip_tables_targets</c>); the tool alone knows some more.</summary>
    public static bool HasTarget(string name, bool ipv6 = false)
    {
        var list = $"/proc/net/ip{(ipv6 ? "6" : "")}_tables_targets";
        return File.Exists(list) && File.ReadLines(list).Contains(name);
    }

    /// <summary>Makes IP sets that rules may name.</summary>
    public void MakeSets(string commands)
    {
        KernelRequired.Programs("ipset");
        var (code, output) = Run("ip", ["netns", "exec", _namespace, "ipset", "restore"], Encoding.Latin1.GetBytes(commands));
        KernelRequired.That(code == 0, $"needs IP sets: {output}");
    }

    public void Dispose() => Run("ip", ["netns", "delete", _namespace], []);

    private static (int Code, string Output) Run(string program, string[] arguments, byte[] input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program stopped reading: it has met an error and says so.
        }

        process.WaitForExit();
        return (process.ExitCode, output.Result + errors.Result);
    }
}
