using System.CommandLine;
using Firewall.Cli.Attachment;
using Firewall.Cli.Logging;
using Firewall.Cli.Options;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc log --interface NAME</c>: prints what rules log until it is interrupted.</summary>
internal static class LogCommand
{
    private enum Destination
    {
        Terminal,
        Syslog,
        Journal,
    }

    public static Command Create(Shell shell)
    {
        var name = HookOptions.InterfaceName("--interface", "The interface that fwc attached a firewall to.", "-i");
        name.Required = true;
        var output = Choice.Option(
            "--output", "Where the lines go: standard output, the syslog daemon, or the journal.",
            ("terminal", Destination.Terminal), ("syslog", Destination.Syslog), ("journal", Destination.Journal));
        var json = OutputOptions.Json("Write one JSON object a packet to standard output.");
        return shell.Command(
            "log",
            "Prints what rules with LOG say of packets, in the kernel's own words, until Ctrl-C. While it runs, a firewall attached with --log ring does not leave that to the kernel.",
            [name, output, json],
            invocation =>
            {
                if (invocation.Get(json) && invocation.Get(output) != Destination.Terminal) { throw CommandFailedException.BadInput("--json goes to standard output only"); }
                KernelRequirements.DemandPrivilege();
                using var firewall = PinnedFirewall.Open(PinRoot.Default, NetworkNamespace.CurrentInode, invocation.Get(name)!);
                using var follower = LogFollower.Open(firewall.Maps, invocation.Surroundings.Clock);
                using var destination = Open(invocation, invocation.Get(output), invocation.Get(json));
                follower.Run(destination, lost => invocation.Conversation.Warn($"{Records(lost)} lost: the ring buffer was full"), invocation.Cancellation);
                invocation.Conversation.Say($"{Records(follower.Lost)} lost");
                return ExitCode.Done;
            });
    }

    private static ILogOutput Open(Invocation invocation, Destination destination, bool json) => destination switch
    {
        Destination.Syslog => new SyslogLog(),
        Destination.Journal => new JournalLog(),
        _ when json => new JsonLog(invocation.Out),
        _ => new TerminalLog(invocation.Surroundings.Output),
    };

    private static string Records(ulong number) => number == 1 ? "1 record" : $"{number} records";
}
