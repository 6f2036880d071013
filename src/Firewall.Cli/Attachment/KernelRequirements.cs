using Firewall.Kernel.Probe;

namespace Firewall.Cli.Attachment;

/// <summary>What the kernel and our privileges must allow before anything is tried.</summary>
internal static class KernelRequirements
{
    /// <summary>Privileges, XDP links, and the helpers that programs call.</summary>
    /// <exception cref="CommandFailedException">Something is missing; the message says what and since when it exists.</exception>
    public static void Demand() => Demand(KernelFeatures.Read());

    /// <summary>What detaching and reading counters need.</summary>
    /// <exception cref="CommandFailedException">We are not root, nor have the capabilities.</exception>
    public static void DemandPrivilege() => DemandPrivilege(KernelFeatures.Read());

    internal static void Demand(KernelFeatures features)
    {
        DemandPrivilege(features);
        foreach (var feature in new[] { features.XdpLink, features.Loop })
        {
            if (!feature.IsAvailable)
            {
                throw new CommandFailedException(
                    ExitCode.KernelRefused,
                    $"this kernel cannot run the firewall: {feature.Reason}",
                    $"this is Linux {features.Release}; 5.18 or later is needed");
            }
        }
    }

    private static void DemandPrivilege(KernelFeatures features)
    {
        if (!features.Privilege.IsAvailable)
        {
            throw new CommandFailedException(
                ExitCode.KernelRefused,
                features.Privilege.Reason,
                "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are enough; in a container the host must grant them");
        }
    }
}
