using Firewall.Kernel.Links;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;

namespace Firewall.Cli.Attachment;

/// <summary>Pins that were left behind: by an interface that is gone, or by a process that ended while it attached.</summary>
internal static class Remains
{
    /// <summary>Removes pins under the interface's name that attach nothing any more; true when there were any.</summary>
    /// <exception cref="CommandFailedException">They hold a program that is attached to another interface.</exception>
    public static bool Clear(PinRoot pins, ulong space, NetworkInterface subject)
    {
        if (!pins.List().Contains((space, subject.Name))) { return false; }
        if (PinnedFirewall.InterfaceServed(pins, space, subject.Name) is { } index)
        {
            throw new CommandFailedException(
                ExitCode.KernelRefused,
                $"cannot attach to {subject.Name}: the firewall pinned under this name runs on {NetworkInterfaces.Find(index)?.Name ?? $"interface {index}"}, which was renamed",
                $"fwc detach --interface {subject.Name} takes it off");
        }

        // Another process may be attaching just now: then the program is on the interface before the link is pinned.
        XdpLink.DemandNone(NetworkInterfaces.Get(subject.Name));
        PinnedFirewall.Discard(pins, space, subject.Name);
        return true;
    }
}
