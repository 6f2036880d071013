using System.Diagnostics;

namespace Firewall.Cli.Tests;

/// <summary>Runs programs; the built fwc among them.</summary>
internal static class Binary
{
    public static string Fwc { get; } = Path.Combine(AppContext.BaseDirectory, "fwc");

    public static (int Code, string Output) Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Start(program, arguments);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>Starts a program whose output can be read.</summary>
    public static Process Start(string program, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Runs a line of shell in which <c>$FWC</c> is the command.</summary>
    public static (int Code, string Output) Shell(string line) => Run("timeout", "60", "bash", "-c", $"FWC='{Fwc}'; {line}");
}
