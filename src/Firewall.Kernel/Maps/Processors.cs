using System.Collections.Immutable;
using System.Globalization;

namespace Firewall.Kernel.Maps;

/// <summary>
/// The processors a per-CPU map has a value for: the *possible* ones, online or not
/// (/sys/devices/system/cpu/possible, Documentation/admin-guide/cputopology.rst).
/// </summary>
public static class Processors
{
    private static readonly Lazy<ImmutableArray<int>> Listed = new(() => ParseList(File.ReadAllText("/sys/devices/system/cpu/possible")));

    /// <summary>Numbers of the possible processors; the kernel lays per-CPU values out in this order.</summary>
    public static ImmutableArray<int> Possible => Listed.Value;

    /// <summary>Reads the kernel's list notation: "0-3,8,10-11".</summary>
    public static ImmutableArray<int> ParseList(string text)
    {
        var numbers = ImmutableArray.CreateBuilder<int>();
        foreach (var part in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var bounds = part.Split('-');
            var first = int.Parse(bounds[0], CultureInfo.InvariantCulture);
            var last = int.Parse(bounds[^1], CultureInfo.InvariantCulture);
            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return numbers.ToImmutable();
    }
}
