using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Netfilter;

/// <summary>
/// A program of the system, run without a shell. It starts in the network namespace of the calling thread, because the child is
/// forked from that thread.
/// </summary>
internal sealed record SystemTool(string Path)
{
    /// <summary>Administration tools are often not on the PATH of services and users.</summary>
    private static readonly ImmutableArray<string> UsualPlaces = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"];

    /// <summary>Null when it is not installed.</summary>
    public static SystemTool? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Concat(UsualPlaces)
        .Select(directory => $"{directory}/{name}")
        .Where(File.Exists)
        .Select(path => new SystemTool(path))
        .FirstOrDefault();

    /// <summary>The tool's output, one char for each byte; it must succeed.</summary>
    public string Run(params ReadOnlySpan<string> arguments)
    {
        var outcome = Try("", [], arguments);
        return outcome.ExitCode == 0
            ? outcome.Output
            : throw new KernelException($"run {Path} (exit code {outcome.ExitCode})", Errno.None, outcome.Errors.Trim());
    }

    /// <summary>Runs the tool to its end, giving it <paramref name="input"/>.</summary>
    public ToolOutcome Try(string input, ImmutableDictionary<string, string>? environment, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(Path)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new KernelException($"run {Path}", Errno.ENOENT);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool stopped reading, which its exit code will explain.
        }

        process.WaitForExit();
        return new ToolOutcome(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}

/// <summary>How a tool ended and what it wrote.</summary>
/// <param name="Output">One char is one byte (Latin-1), so that bytes which are not UTF-8 survive.</param>
internal sealed record ToolOutcome(int ExitCode, string Output, string Errors);
