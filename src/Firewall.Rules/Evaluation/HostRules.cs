using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Evaluation;

/// <summary>The rules of one host that packets meet at one hook: an IPv4 rule set, an IPv6 rule set, or both.</summary>
public sealed record HostRules(Hook Hook, ChainGraph? IPv4, ChainGraph? IPv6)
{
    public const string Table = "filter";

    public static HostRules From(Hook hook, Policy? ipv4, Policy? ipv6)
    {
        var chain = hook.ChainName();
        return new HostRules(
            hook,
            ipv4 is null ? null : ChainGraph.From(ipv4, Table, chain),
            ipv6 is null ? null : ChainGraph.From(ipv6, Table, chain));
    }

    public ChainGraph? For(Family family) => family == Family.IPv4 ? IPv4 : IPv6;

    public IEnumerable<ChainGraph> Graphs => new[] { IPv4, IPv6 }.OfType<ChainGraph>();
}

public static class HookNames
{
    public static string ChainName(this Hook hook) => hook == Hook.Input ? "INPUT" : "FORWARD";
}
