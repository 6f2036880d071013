using System.CommandLine;
using Firewall.Cli.Attachment;
using Firewall.Cli.Options;
using Firewall.Kernel.Pins;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc detach --interface NAME</c>: takes the firewall off again.</summary>
internal static class DetachCommand
{
    public static Command Create(Shell shell)
    {
        var name = HookOptions.InterfaceName("--interface", "The interface that fwc attached a firewall to.", "-i");
        name.Required = true;
        return shell.Command("detach", "Takes the firewall off a network interface.", [name], invocation =>
        {
            var interfaceName = invocation.Get(name)!;
            var outcome = new Detacher(PinRoot.Default).Detach(interfaceName);
            var what = outcome.Note?.Describe() ?? "a firewall whose pins were incomplete";
            invocation.Out.WriteLine(outcome.WasAttached
                ? $"{interfaceName}: {what} detached"
                : $"{interfaceName}: {what} was attached to nothing any more; its pins are removed");
            return ExitCode.Done;
        });
    }
}
