using System.Globalization;
using System.Text.RegularExpressions;

namespace Firewall.Kernel.Probe;

/// <summary>The running kernel: "6.18.44-fc" is version 6.18.44.</summary>
public sealed partial record KernelRelease(string Text, Version Version)
{
    private static readonly Lazy<KernelRelease> Running = new(() => Parse(File.ReadAllText("/proc/sys/kernel/osrelease").Trim()));

    public static KernelRelease Current => Running.Value;

    public static KernelRelease Parse(string text)
    {
        var numbers = LeadingNumbers().Match(text);
        return new KernelRelease(text, new Version(Number("major"), Number("minor"), Number("patch")));

        int Number(string group) => int.TryParse(numbers.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
    }

    public override string ToString() => Text;

    [GeneratedRegex(@"^(?<major>\d+)\.(?<minor>\d+)(\.(?<patch>\d+))?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LeadingNumbers();
}
