using System.Collections.Immutable;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Cli.Rendering;

/// <summary>
/// Counters as <c>iptables -L -v -n -x</c> prints them (print_header and print_rule_details in iptables 1.8.9), for the chains that are compiled. Columns and
/// blanks are the same; behind the columns stands the canonical text of the other matches (<c>-m tcp --dport 80</c> where iptables
/// has <c>tcp dpt:80</c>), and references count the jumps of the chains shown.
/// </summary>
internal static class CounterTable
{
    /// <summary>All chains that packets can reach, a blank line between; each family under its name when there are two.</summary>
    /// <param name="counters">By number in the rules' <see cref="CounterLayout"/>; empty when nothing has been counted.</param>
    public static void Write(TextWriter writer, HostRules rules, ImmutableArray<Counters> counters)
    {
        var layout = new CounterLayout(rules);
        var separator = "";
        var owned = rules.Stations.Where(s => s.IsOwned).ToList();
        foreach (var station in owned)
        {
            var graph = station.Graph;
            if (owned.Count > 1)
            {
                writer.Write($"{separator}{Title(station, owned)}\n");
                separator = "\n";
            }

            var references = graph.Chains.SelectMany(c => c.Rules).Select(r => r.Callee).OfType<string>().CountBy(c => c).ToDictionary();
            foreach (var chain in graph.Chains)
            {
                writer.Write(separator);
                separator = "\n";
                var own = chain.Policy is null ? default : At(counters, layout.OfPolicy(station));
                var ofRules = chain.Rules.Select((_, i) => At(counters, layout.OfRule(station, chain, i)));
                WriteChain(writer, chain, graph.Family, own, ofRules, references.GetValueOrDefault(chain.Name));
            }
        }
    }

    /// <summary>The family, and the station where the family has several.</summary>
    private static string Title(Station station, List<Station> owned) =>
        owned.Count(s => s.Family == station.Family) == 1 ? $"{station.Family}" : $"{station.Family} {station}";

    /// <summary>One chain.</summary>
    /// <param name="own">What its policy counted.</param>
    /// <param name="ofRules">What each of its rules counted.</param>
    /// <param name="references">Rules that jump or go to it.</param>
    public static void WriteChain(TextWriter writer, Chain chain, Family family, Counters own, IEnumerable<Counters> ofRules, int references)
    {
        WriteHeader(writer, chain, own, references);
        foreach (var (rule, counted) in chain.Rules.Zip(ofRules)) { writer.WriteLine(Row(rule, family, counted)); }
    }

    /// <summary>An engine that has run no program yet has no counters.</summary>
    private static Counters At(ImmutableArray<Counters> counters, int number) => counters.IsEmpty ? default : counters[number];

    private static void WriteHeader(TextWriter writer, Chain chain, Counters own, int references)
    {
        writer.WriteLine(chain.Policy is { } policy
            ? $"Chain {chain.Name} (policy {policy.ToString().ToUpperInvariant()} {own.Packets} packets, {own.Bytes} bytes)"
            : $"Chain {chain.Name} ({references} references)");
        writer.WriteLine($"{"pkts",8} {"bytes",10} {"target",-9}  {"prot",-4} opt {"in",-6} {"out",-6}  {"source",-19}  {"destination",-19} ");
    }

    /// <summary>One rule.</summary>
    public static string Row(Rule rule, Family family, Counters counters)
    {
        var (protocol, fragment) = (Find<ProtocolMatch>(rule), Find<FragmentMatch>(rule));
        var (inDevice, outDevice) = (Find<InInterfaceMatch>(rule), Find<OutInterfaceMatch>(rule));
        var (source, destination) = (Find<SourceMatch>(rule), Find<DestinationMatch>(rule));
        var columns = string.Concat(
            $"{counters.Packets,8} {counters.Bytes,8} {rule.Target.Name,-9} ",
            $"{Mark(protocol?.Negated)}{protocol?.Protocol ?? 0,-4} ",
            fragment is null ? "--" : fragment.Negated ? "!f" : "-f",
            $"  {Device(inDevice?.Pattern, inDevice?.Negated),-6} {Device(outDevice?.Pattern, outDevice?.Negated),-6} ",
            $"{Mark(source?.Negated)}{Address(source?.Network, family),-19} ",
            $"{Mark(destination?.Negated)}{Address(destination?.Network, family),-19} ",
            rule.Target.Effect is Goto ? "[goto] " : "");
        return columns + string.Concat(rule.Matches.Where(m => m.ModuleName is not null).Select(m => " " + m.ToText()));
    }

    private static T? Find<T>(Rule rule) where T : Match => rule.Matches.OfType<T>().FirstOrDefault();

    private static char Mark(bool? negated) => negated == true ? '!' : ' ';

    private static string Device(string? pattern, bool? negated) => pattern is null ? "*" : (negated == true ? "!" : "") + pattern;

    private static string Address(AddressMask? network, Family family)
    {
        if (network is not { } known || known.Mask == 0) { return family == Family.IPv4 ? "0.0.0.0/0" : "::/0"; }
        var text = Addresses.Text(known, family);
        return known.PrefixLength(family) == family.AddressBits() ? text[..text.LastIndexOf('/')] : text;
    }
}
