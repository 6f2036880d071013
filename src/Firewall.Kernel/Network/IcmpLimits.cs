using System.Globalization;

namespace Firewall.Kernel.Network;

/// <summary>
/// How many ICMP errors the kernel sends, and with what hop limit, as set in the calling thread's network namespace
/// (Documentation/networking/ip-sysctl.rst).
/// </summary>
public sealed record IcmpLimits
{
    private const int DestinationUnreachable4 = 3;
    private const int DestinationUnreachable6 = 1;

    /// <summary>net.ipv4.ip_default_ttl, in hops.</summary>
    public int TimeToLive { get; init; }

    /// <summary>net.ipv6.conf.INTERFACE.hop_limit, in hops; routers may change it by advertisements.</summary>
    public int HopLimit { get; init; }

    /// <summary>net.ipv4.icmp_msgs_per_sec; of the first namespace only, until Linux 6.14.</summary>
    public int PerSecond { get; init; }

    /// <summary>net.ipv4.icmp_msgs_burst.</summary>
    public int Burst { get; init; }

    /// <summary>net.ipv4.icmp_ratelimit.</summary>
    public TimeSpan DelayIPv4 { get; init; }

    /// <summary>net.ipv6.icmp.ratelimit.</summary>
    public TimeSpan DelayIPv6 { get; init; }

    /// <summary>Whether net.ipv4.icmp_ratemask limits "destination unreachable".</summary>
    public bool LimitsIPv4 { get; init; }

    /// <summary>Whether net.ipv6.icmp.ratemask limits "destination unreachable".</summary>
    public bool LimitsIPv6 { get; init; }

    /// <summary>For answers out of one interface. What is missing has the kernel's own default.</summary>
    public static IcmpLimits Read(string name) => new()
    {
        TimeToLive = Number("ipv4/ip_default_ttl", 64),
        HopLimit = Number($"ipv6/conf/{name}/hop_limit", 64),
        PerSecond = Number("ipv4/icmp_msgs_per_sec", 1000),
        Burst = Number("ipv4/icmp_msgs_burst", 50),
        DelayIPv4 = TimeSpan.FromMilliseconds(Number("ipv4/icmp_ratelimit", 1000)),
        DelayIPv6 = TimeSpan.FromMilliseconds(Number("ipv6/icmp/ratelimit", 1000)),
        LimitsIPv4 = (Number("ipv4/icmp_ratemask", 6168) >> DestinationUnreachable4 & 1) != 0,
        LimitsIPv6 = Contains(Text("ipv6/icmp/ratemask") ?? "0-1,3-127", DestinationUnreachable6),
    };

    private static string? Text(string setting) => $"/proc/sys/net/{setting}" is var path && File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private static int Number(string setting, int usual) => Text(setting) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    /// <summary>A list as the kernel prints bitmaps: <c>0-1,3-127</c>, empty for none.</summary>
    internal static bool Contains(string list, int number) => list.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(range => range.Split('-'))
        .Any(range => int.Parse(range[0], CultureInfo.InvariantCulture) <= number && number <= int.Parse(range[^1], CultureInfo.InvariantCulture));
}
