using System.Globalization;
using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Probe;

/// <summary>The kernel's tick: what <c>jiffies64</c> is now, and how many there are in a second.</summary>
/// <param name="Jiffies"><c>jiffies64</c>.</param>
/// <param name="Hertz"><c>CONFIG_HZ</c>.</param>
public sealed record KernelClock(ulong Jiffies, uint Hertz)
{
    /// <summary>jiffies begin so that 32 bits of them overflow 300 seconds after boot (<c>INITIAL_JIFFIES</c>, include/linux/jiffies.h).</summary>
    private const double SecondsToOverflow = 300;

    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Reads <c>/proc/timer_list</c>, which root may.</summary>
    public static KernelClock Now() => Parse(File.ReadLines("/proc/timer_list"));

    /// <summary>Takes the time out of the lines of <c>/proc/timer_list</c>.</summary>
    internal static KernelClock Parse(IEnumerable<string> lines)
    {
        ulong? now = null, jiffies = null;
        foreach (var line in lines)
        {
            if (line.StartsWith("now at ", StringComparison.Ordinal)) { now ??= Number(line["now at ".Length..^" nsecs".Length]); }
            if (line.StartsWith("jiffies: ", StringComparison.Ordinal)) { jiffies ??= Number(line["jiffies: ".Length..]); }
            if (now is not null && jiffies is not null) { break; }
        }

        return now is { } time && jiffies is { } ticks
            ? new(ticks, HertzOf(time, ticks))
            : throw new KernelException("read the kernel's clock", Errno.None, "/proc/timer_list does not tell");
    }

    private static uint HertzOf(ulong now, ulong jiffies)
    {
        var seconds = ((double)now / NanosecondsPerSecond) - SecondsToOverflow;
        var ticks = (double)jiffies - (1ul << 32);
        uint[] usual = [100, 250, 300, 1000, 24, 32, 48, 64, 128, 200, 256, 500, 512, 1024, 1200];
        return usual.MinBy(hertz => Math.Abs((hertz * seconds) - ticks));
    }

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
