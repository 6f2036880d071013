using Firewall.Compiler;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Attachment;

/// <summary>The traffic that a program defers although a host without it would take it: what is lost where deferred packets are dropped.</summary>
internal static class DeferredTraffic
{
    /// <summary>One phrase for each kind of traffic, the gravest first.</summary>
    public static IEnumerable<string> Of(HostRules rules, CompileOptions options, HostDestinations destinations)
    {
        foreach (var family in Enum.GetValues<Family>())
        {
            if (!rules.Has(family)) { yield return $"all of {family}, which has no rules here{(family == Family.IPv6 ? ", neighbour discovery included" : "")}"; }
        }

        if (Elsewhere(rules, options, destinations) is { } elsewhere) { yield return elsewhere; }
        if (Reassembled(rules, options) is { Length: > 0 } families) { yield return $"fragments of {families}, which the kernel would put together first"; }
        yield return "frames tagged for a VLAN";
        yield return "packets cut short, or with headers too far back for the program";
        if (rules.Hook == Hook.Forward)
        {
            yield return "packets whose TTL or hop limit ends here, so that traceroute does not show this host";
            if (options.OutInterface is null && RulesWithOutput(rules) is > 0 and var count)
            {
                yield return $"packets that meet a rule with -o ({count} such rules), because --out-interface is not given";
            }
        }
    }

    private static string? Elsewhere(HostRules rules, CompileOptions options, HostDestinations destinations)
    {
        if (rules.Hook == Hook.Forward) { return "packets for this host itself, your own connections to it included"; }
        var unlisted = destinations.Unlisted.IsEmpty ? "" : $", and packets to {string.Join(", ", destinations.Unlisted)}";
        return Names(Families(rules, f => options.DestinationsOf(f) == DestinationScope.HostAddresses)) is { Length: > 0 } families
            ? $"{families} packets that this host forwards to others{unlisted}"
            : null;
    }

    private static string Reassembled(HostRules rules, CompileOptions options) => Names(Families(rules, family => family == Family.IPv4
        ? rules.Hook == Hook.Input || options.DefragmentsIPv4
        : options.DefragmentsIPv6));

    private static int RulesWithOutput(HostRules rules) =>
        rules.Graphs.SelectMany(g => g.Chains).SelectMany(c => c.Rules).Count(r => r.Matches.Any(m => m is OutInterfaceMatch));

    private static IEnumerable<Family> Families(HostRules rules, Func<Family, bool> isMeant) => rules.Graphs.Select(g => g.Family).Where(isMeant);

    private static string Names(IEnumerable<Family> families) => string.Join(" and ", families);
}
