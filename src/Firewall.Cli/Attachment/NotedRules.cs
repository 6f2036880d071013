using System.Collections.Immutable;
using System.Text;
using Firewall.Compiler;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Table = Firewall.Rules.Policies.Table;

namespace Firewall.Cli.Attachment;

/// <summary>The rules of one family as a <see cref="FirewallNote"/> keeps them.</summary>
/// <param name="Family">4 or 6.</param>
/// <param name="File">The rule file as the user named it.</param>
/// <param name="Table">Canonical text of the whole filter table, one char for each byte: chains that are not compiled refer to others, too.</param>
/// <param name="Chains">The chains that the program holds.</param>
internal sealed record NotedRules(int Family, string File, string Table, ImmutableArray<NotedChain> Chains)
{
    public static NotedRules Of(Policy policy, CompiledFirewall firewall)
    {
        var text = new StringBuilder();
        if (policy.Table(HostRules.Table) is { } table) { SaveFormat.Write(table, counters: false, text); }
        var stations = firewall.Rules.Filters(policy.Family);
        return new NotedRules(
            (int)policy.Family,
            policy.Family == Rules.Meaning.Family.IPv4 ? firewall.Options.FileIPv4 : firewall.Options.FileIPv6,
            text.ToString(),
            [.. stations.SelectMany(s => s.Graph.Chains.Select(c => NotedChain.Of(c, s, firewall.Counters)))]);
    }

    /// <summary>The table, bound again; one without text has only its built-in chains.</summary>
    /// <exception cref="InvalidDataException">The text is not ours.</exception>
    public Table Read()
    {
        var family = (Family)Family;
        var source = new SourceText(File, Encoding.Latin1.GetBytes(Table.Length > 0 ? Table : $"*{HostRules.Table}\nCOMMIT\n"));
        var binding = Binder.Bind(RuleSetReader.Read(source, family), new BindOptions(family));
        return binding.Policy?.Table(HostRules.Table) ?? throw new InvalidDataException("the pinned rules cannot be read back");
    }
}

/// <summary>Where the counters of a chain are.</summary>
/// <param name="FirstCounter">Index of the first rule's counter; the others follow.</param>
/// <param name="PolicyCounter">Index of the policy's counter; null for user chains.</param>
/// <param name="Lines">Of each rule, its line in the file.</param>
internal sealed record NotedChain(string Name, int FirstCounter, int? PolicyCounter, ImmutableArray<int> Lines)
{
    public static NotedChain Of(Chain chain, Station station, CounterLayout counters) => new(
        chain.Name,
        counters.OfRule(station, chain, 0),
        chain.IsBuiltIn ? counters.OfPolicy(station) : null,
        [.. chain.Rules.Select(r => r.Line)]);
}
