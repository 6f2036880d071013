using Firewall.Kernel.Probe;

namespace Firewall.Cli.Attachment;

/// <summary>What the kernel and our privileges must allow before anything is tried.</summary>
internal static class KernelRequirements
{
    /// <exception cref="CommandFailedException">Something is missing; the message says what and since when it exists.</exception>
    public static void Demand() => Demand(KernelFeatures.Read());

    internal static void Demand(KernelFeatures features)
    {
        if (!features.Privilege.IsAvailable) { throw Refused(features.Privilege, "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are enough; in a container the host must grant them"); }
        foreach (var feature in new[] { features.XdpLink, features.Loop })
        {
            if (!feature.IsAvailable) { throw Refused(feature, $"this is Linux {features.Release}; a firewall needs 5.18 or later"); }
        }
    }

    private static CommandFailedException Refused(Feature feature, string help) =>
        new(ExitCode.KernelRefused, $"cannot attach on this kernel: {feature.Reason}", help);
}
