using Firewall.Compiler;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Rendering;

/// <summary>The packets that a program leaves undecided for their form, whatever the rules say.</summary>
internal static class DeferredClasses
{
    /// <summary>Each class with a phrase for people.</summary>
    public static IEnumerable<(DeferReason Reason, string Text)> Of(HostRules rules, CompileOptions options)
    {
        var isXdp = options.Program == ProgramKind.Xdp;
        if (isXdp && Fragments(rules, options) is { } fragments) { yield return (DeferReason.Fragment, fragments); }
        if (isXdp) { yield return (DeferReason.Vlan, "frames tagged for a VLAN"); }
        yield return (DeferReason.Truncated, isXdp ? "frames cut short or malformed" : "packets cut short");
        if (isXdp && rules.Hook != Hook.Input) { yield return (DeferReason.Ttl, "packets whose TTL runs out"); }
        foreach (var family in Enum.GetValues<Family>())
        {
            if (!rules.Has(family)) { yield return (DeferReason.NoRulesForFamily, $"{family} packets (no rules for them were given)"); }
        }

        if (isXdp && options.OutInterface is null && rules.Hook != Hook.Input && Asks<OutInterfaceMatch>(rules)) { yield return (DeferReason.OutInterface, "packets whose verdict depends on the output interface"); }
        if (isXdp && options.Interface is null && Asks<InInterfaceMatch>(rules))
        {
            yield return (DeferReason.InInterface, "packets whose verdict depends on the input interface, unless the loader fills the map interfaces");
        }
    }

    private static string? Fragments(HostRules rules, CompileOptions options) =>
        string.Join(" and ", rules.Families.Where(f => f == Family.IPv4 ? options.DefragmentsIPv4 || rules.Hook != Hook.Forward : options.DefragmentsIPv6)) switch
        {
            "" => null,
            "IPv4 and IPv6" => "fragments",
            var one => $"{one} fragments",
        };

    private static bool Asks<T>(HostRules rules)
        where T : Match => rules.Graphs.SelectMany(g => g.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Matches).Any(m => m is T);
}
