using System.Collections.Immutable;

namespace Firewall.Kernel.Network;

/// <summary>
/// Whether packets for others are passed on, as the calling thread's network namespace is set
/// (Documentation/networking/ip-sysctl.rst).
/// </summary>
/// <param name="Ipv4">net.ipv4.ip_forward; the switch of each interface is in <paramref name="Ipv4Interfaces"/>.</param>
/// <param name="Ipv6">net.ipv6.conf.all.forwarding.</param>
/// <param name="Ipv4Interfaces">net.ipv4.conf.NAME.forwarding: IPv4 packets that arrive there are forwarded.</param>
/// <param name="Ipv6Interfaces">net.ipv6.conf.NAME.forwarding: the interface acts as a router's.</param>
public sealed record Forwarding(
    bool Ipv4,
    bool Ipv6,
    ImmutableDictionary<string, bool> Ipv4Interfaces,
    ImmutableDictionary<string, bool> Ipv6Interfaces)
{
    private static readonly ImmutableArray<string> NotInterfaces = ["all", "default"];

    public static Forwarding Read() => new(
        IsSet("/proc/sys/net/ipv4/ip_forward"),
        IsSet("/proc/sys/net/ipv6/conf/all/forwarding"),
        EachInterface("/proc/sys/net/ipv4/conf"),
        EachInterface("/proc/sys/net/ipv6/conf"));

    /// <summary>A file that is missing means a protocol that is not there, hence forwards nothing.</summary>
    private static bool IsSet(string path) => File.Exists(path) && File.ReadAllText(path).Trim() != "0";

    private static ImmutableDictionary<string, bool> EachInterface(string directory) => !Directory.Exists(directory)
        ? []
        : Directory.EnumerateDirectories(directory)
            .Select(path => Path.GetFileName(path))
            .Where(name => !NotInterfaces.Contains(name))
            .ToImmutableDictionary(name => name, name => IsSet($"{directory}/{name}/forwarding"));
}
