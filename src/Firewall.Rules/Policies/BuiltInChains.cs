using System.Collections.Immutable;

namespace Firewall.Rules.Policies;

/// <summary>The tables of iptables and their built-in chains, in the order of their hooks (net/ipv4/netfilter/iptable_*.c).</summary>
public static class BuiltInChains
{
    private static readonly ImmutableArray<string> Empty = [];

    public static ImmutableArray<string> Tables { get; } = ["raw", "mangle", "nat", "filter", "security"];

    public static bool IsTable(string name) => Tables.Contains(name);

    /// <summary>The chains a table has from the start; none for a name that is no table.</summary>
    public static ImmutableArray<string> Of(string table) => table switch
    {
        "raw" => ["PREROUTING", "OUTPUT"],
        "mangle" => ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        "nat" => ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        "filter" or "security" => ["INPUT", "FORWARD", "OUTPUT"],
        _ => Empty,
    };
}
