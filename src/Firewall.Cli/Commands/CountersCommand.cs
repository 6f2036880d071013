using System.CommandLine;
using Firewall.Cli.Attachment;
using Firewall.Cli.Options;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc counters --interface NAME</c>: what every rule has matched since the firewall was attached.</summary>
internal static class CountersCommand
{
    public static Command Create(Shell shell)
    {
        var name = HookOptions.InterfaceName("--interface", "The interface that fwc attached a firewall to.", "-i");
        name.Required = true;
        var json = OutputOptions.Json("Write one JSON object instead of tables.");
        return shell.Command("counters", "Shows the counters of an attached firewall, as iptables -L -v -n -x does.", [name, json], invocation =>
        {
            KernelRequirements.DemandPrivilege();
            using var firewall = PinnedFirewall.Open(PinRoot.Default, NetworkNamespace.CurrentInode, invocation.Get(name)!);
            var reading = CounterReading.Of(firewall);
            if (firewall.Link.InterfaceIndex == 0) { invocation.Conversation.Say($"warning: the firewall is attached to nothing any more; {reading.Note.Interface} went away"); }
            if (invocation.Get(json)) { ReadingJson.Write(reading, invocation.Out); }
            else { ReadingTable.Write(reading, invocation.Surroundings.Output); }
            return ExitCode.Done;
        });
    }
}
