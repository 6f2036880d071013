using System.Text.Json;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;

namespace Firewall.Cli.Attachment;

/// <summary>Takes a firewall off an interface. Needs nothing but its pins, and not even all of those.</summary>
internal sealed class Detacher(PinRoot pins)
{
    /// <summary>Takes the program off, then removes the pins.</summary>
    /// <exception cref="CommandFailedException">There is none of ours.</exception>
    /// <exception cref="KernelException">The kernel refused something.</exception>
    public DetachOutcome Detach(string interfaceName)
    {
        KernelRequirements.DemandPrivilege();
        var space = NetworkNamespace.CurrentInode;
        if (!pins.List().Contains((space, interfaceName))) { throw None(interfaceName); }
        var served = PinnedFirewall.InterfaceServed(pins, space, interfaceName);
        var note = NoteOf(space, interfaceName);
        PinnedFirewall.Discard(pins, space, interfaceName);
        return new DetachOutcome(note, served is not null);
    }

    /// <summary>Null when the pins are not whole.</summary>
    private FirewallNote? NoteOf(ulong space, string interfaceName)
    {
        try
        {
            using var found = PinnedFirewall.Open(pins, space, interfaceName);
            return FirewallNote.Parse(found.Metadata);
        }
        catch (Exception e) when (e is KernelException or JsonException or IOException or InvalidDataException)
        {
            return null;
        }
    }

    private static CommandFailedException None(string interfaceName)
    {
        var message = $"fwc has attached no firewall to {interfaceName} in this network namespace";
        return NetworkInterfaces.Find(interfaceName) switch
        {
            null => new CommandFailedException(ExitCode.KernelRefused, $"{message}, nor is there such an interface"),
            { Xdp.IsEmpty: false } carrying => new CommandFailedException(
                ExitCode.KernelRefused,
                $"{message}; the XDP program it runs (id {carrying.Xdp.Programs.First().Program}) is not fwc's",
                $"\"bpftool net show dev {interfaceName}\" tells more"),
            _ => new CommandFailedException(ExitCode.KernelRefused, message),
        };
    }
}

/// <summary>What was taken away.</summary>
/// <param name="Note">What the attaching process said; null when the pins were not whole.</param>
/// <param name="WasAttached">A program was taken off an interface; else only pins were left of it.</param>
internal sealed record DetachOutcome(FirewallNote? Note, bool WasAttached);
