namespace Firewall.Kernel.Interop;

/// <summary>
/// Before Linux 5.11 maps and programs are charged to RLIMIT_MEMLOCK, whose default (64 kB) is too small for any firewall; the
/// kernel then answers EPERM as if a privilege were missing. Newer kernels charge the memory cgroup and ignore the limit.
/// </summary>
internal static class LockedMemory
{
    private const int MemLock = 8;
    private static readonly Version ChargedToControlGroups = new(5, 11);
    private static int s_asked;

    /// <summary>Lifts the limit once in the life of the process; true when that may have helped, so the caller should ask again.</summary>
    public static bool Unlimit()
    {
        if (Probe.KernelRelease.Current.Version >= ChargedToControlGroups || Interlocked.Exchange(ref s_asked, 1) != 0)
        {
            return false;
        }

        return LibC.SetResourceLimit(MemLock, new LibC.ResourceLimit(nuint.MaxValue, nuint.MaxValue)) == 0;
    }
}
