using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Evaluation;

/// <summary>A chain of a table where packets pass on their way.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Graph">The built-in chain and all that hangs from it.</param>
/// <param name="Hook">Where it stands.</param>
/// <param name="IsOwned">
/// Whether our program takes the chain's place. The others stay with the kernel, which walks them again for packets that pass: our walk finds out what they do, and counts for them only the
/// packets that we drop.
/// </param>
public sealed record Station(string Table, ChainGraph Graph, Hook Hook, bool IsOwned)
{
    public Family Family => Graph.Family;

    /// <summary>A rule of the station as iptables counts them.</summary>
    public RuleIdentity Identify(Chain chain, Rule rule) => new(Family, Table, chain.Name, rule.Number, rule.Line);

    public override string ToString() => $"{Table}/{Graph.Base.Name}";
}

/// <summary>The rules of one host on the way of packets that enter at one hook, for IPv4, IPv6 or both.</summary>
/// <param name="Hook">Where packets enter. From <see cref="Hook.Prerouting"/> they go on to INPUT or FORWARD as routing says.</param>
/// <param name="Stations">In the order in which packets of each family meet them.</param>
public sealed record HostRules(Hook Hook, ImmutableArray<Station> Stations)
{
    /// <summary>The table that fwc is about.</summary>
    public const string Table = "filter";

    /// <summary>Rules whose memory iptables keeps, or whose packets it logs, although the program takes their chain over; what they remember is not known here.</summary>
    public ImmutableHashSet<RuleIdentity> KernelMemory { get; init; } = [];

    public IEnumerable<ChainGraph> Graphs => Stations.Select(s => s.Graph);

    public IEnumerable<Family> Families => Stations.Select(s => s.Family).Distinct();

    /// <summary>The chain of the filter table alone, as packets meet it at its own hook.</summary>
    public static HostRules AtHook(Hook hook, Policy? ipv4, Policy? ipv6) => new(
        hook,
        [.. Each(ipv4, ipv6).Select(p => new Station(Table, ChainGraph.From(p, Table, hook.ChainName()), hook, IsOwned: true))]);

    /// <summary>The chain of the filter table and, before it, what packets from the wire meet on their way.</summary>
    public static HostRules From(Hook hook, Policy? ipv4, Policy? ipv6) => new(
        hook,
        [.. Each(ipv4, ipv6).SelectMany(p => hook == Hook.Prerouting
            ? [.. Prerouting(p), .. Behind(p, Hook.Input), .. Behind(p, Hook.Forward)]
            : Prerouting(p).Concat(Behind(p, hook)))]);

    /// <summary>Whether there are rules for the family.</summary>
    public bool Has(Family family) => Families.Contains(family);

    /// <summary>The stations of the filter table for a family.</summary>
    public IEnumerable<Station> Filters(Family family) => Stations.Where(s => s.Family == family && s.Table == Table);

    /// <summary>What packets of the family meet at a hook.</summary>
    public IEnumerable<Station> At(Family family, Hook hook) => Stations.Where(s => s.Family == family && s.Hook == hook);

    /// <summary>The hooks on the way from <see cref="Hook"/>, as far as routing does not decide.</summary>
    public IEnumerable<Hook> Entrance => Hook is Hook.Input or Hook.Forward ? [Hook.Prerouting, Hook] : [Hook];

    private static IEnumerable<Policy> Each(Policy? ipv4, Policy? ipv6) => new[] { ipv4, ipv6 }.OfType<Policy>();

    private static IEnumerable<Station> Prerouting(Policy policy)
    {
        foreach (var table in (string[])["raw", "mangle"])
        {
            if (Earlier(policy, table, Hook.Prerouting) is { } station) { yield return station; }
        }

        // Even a rule elsewhere in the table means that packets of translated connections change here.
        if (policy.Table("nat")?.Chains.Any(c => c.Rules.Length > 0) == true)
        {
            yield return new Station("nat", ChainGraph.From(policy, "nat", Hook.Prerouting.ChainName()), Hook.Prerouting, IsOwned: false);
        }
    }

    private static IEnumerable<Station> Behind(Policy policy, Hook hook)
    {
        if (Earlier(policy, "mangle", hook) is { } station) { yield return station; }
        yield return new Station(Table, ChainGraph.From(policy, Table, hook.ChainName()), hook, IsOwned: true);
    }

    /// <summary>A chain of an earlier table; null when it does nothing.</summary>
    private static Station? Earlier(Policy policy, string table, Hook hook)
    {
        var graph = ChainGraph.From(policy, table, hook.ChainName());
        return graph.RuleCount == 0 && graph.Base.Policy == Verdict.Accept ? null : new Station(table, graph, hook, IsOwned: table == "raw" && OnlyFilters(graph));
    }

    /// <summary>Whether the rules do nothing but accept, drop and count, so that a program can take their place.</summary>
    private static bool OnlyFilters(ChainGraph graph) =>
        graph.Chains.SelectMany(c => c.Rules).All(r => r.Target.Effect is Decide or Continue or ReturnToCaller or Call or Goto);
}

public static class HookNames
{
    /// <summary>The built-in chain of the hook.</summary>
    public static string ChainName(this Hook hook) => hook switch
    {
        Hook.Input => "INPUT",
        Hook.Forward => "FORWARD",
        Hook.Prerouting => "PREROUTING",
        _ => "OUTPUT",
    };
}
