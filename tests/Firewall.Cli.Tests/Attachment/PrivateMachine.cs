using System.Diagnostics;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>
/// Runs <c>fwc</c> as processes, one after the other, in the network namespace of a <see cref="GuardedHost"/> and in a mount namespace of their
/// own, where nothing is mounted on /sys/fs/bpf at first. The namespace lives as long as a sleeping process in it.
/// </summary>
internal sealed class PrivateMachine : IDisposable
{
    private const string Script = "while umount -l /sys/fs/bpf 2>/dev/null; do :; done; exec sleep 600";

    private readonly Process _sleeper;

    public PrivateMachine(string? furniture = null)
    {
        KernelRequired.Tools("unshare", "nsenter", "sleep");
        Host = new GuardedHost(furniture);
        _sleeper = Process.Start(new ProcessStartInfo(SystemTool.Find("unshare")!.Path, ["--mount", "sh", "-c", Script]) { UseShellExecute = false })!;

        // unshare(1) becomes a shell, which becomes sleep(1) when all is as it should be.
        while (!File.ReadAllText($"/proc/{_sleeper.Id}/comm").StartsWith("sleep", StringComparison.Ordinal)) { Thread.Sleep(1); }
    }

    public GuardedHost Host { get; }

    private static string Executable => Path.Combine(AppContext.BaseDirectory, "fwc");

    /// <summary>Runs a command line of fwc to its end.</summary>
    public ToolOutcome Fwc(params string[] arguments) => Run([Executable, .. arguments], "");

    /// <summary>Runs a command line of fwc as root without capabilities.</summary>
    public ToolOutcome UnprivilegedFwc(params string[] arguments)
    {
        KernelRequired.Tools("setpriv");
        return Run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", Executable, .. arguments], "");
    }

    /// <summary>As <see cref="Fwc"/>, with rules on standard input.</summary>
    public ToolOutcome FwcWithRules(string filter, params string[] arguments) => Run([Executable, .. arguments], $"*filter\n{filter}\nCOMMIT\n");

    public void Dispose()
    {
        _sleeper.Kill();
        _sleeper.WaitForExit();
        _sleeper.Dispose();
        Host.Dispose();
    }

    private ToolOutcome Run(string[] command, string input) =>
        Host.Space.Run(() => SystemTool.Find("nsenter")!.Try(input, null, [$"--mount=/proc/{_sleeper.Id}/ns/mnt", "--", .. command]));
}
