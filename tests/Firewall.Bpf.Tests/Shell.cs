using System.Diagnostics;

namespace Firewall.Bpf.Tests;

/// <summary>Runs the tools that referee what we write.</summary>
internal static class Shell
{
    /// <summary>Standard output; a failure shows everything the tool said.</summary>
    public static string Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)} failed ({process.ExitCode}):\n{output}\n{errors.Result}");
        return output;
    }
}
