using System.Text;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Netfilter;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Cli.Attachment;

/// <summary>Whether the kernel's own iptables, in this network namespace, holds the rules that a program is made from.</summary>
/// <param name="AreTheSame">For each family with rules, one of the two back ends has the same chain and the same chains behind it.</param>
/// <param name="Explanation">Where the same rules are, or what is different: one sentence without a full stop.</param>
internal sealed record InstalledRules(bool AreTheSame, string Explanation)
{
    /// <summary>Compares canonical texts, so spelling does not matter; policies count, counters do not.</summary>
    public static InstalledRules ComparedWith(HostRules rules)
    {
        var families = rules.Graphs.Select(Compare).ToList();
        var same = families.TrueForAll(f => f.AreTheSame);
        return new InstalledRules(same, string.Join("; ", families.Where(f => f.AreTheSame == same).Select(f => f.Explanation)));
    }

    private static InstalledRules Compare(ChainGraph wanted)
    {
        var differences = new List<string>();
        foreach (var backend in Enum.GetValues<Backend>())
        {
            switch (DifferenceIn(backend, wanted))
            {
                case null:
                    return new InstalledRules(AreTheSame: true, $"{ToolName(backend, wanted.Family)} holds the same rules");
                case { Length: > 0 } difference:
                    differences.Add(difference);
                    break;
                default:
                    break;
            }
        }

        return new InstalledRules(
            AreTheSame: false,
            differences.Count > 0 ? string.Join("; ", differences) : $"no filter table of {CommandName(wanted.Family)} is installed in this network namespace");
    }

    /// <summary>Null when there is none; empty when nothing is installed there.</summary>
    private static string? DifferenceIn(Backend backend, ChainGraph wanted)
    {
        var tool = ToolName(backend, wanted.Family);
        try
        {
            if (InstalledTables.FilterTable((AddressFamily)(int)wanted.Family, backend) is not { } text) { return ""; }
            var source = new SourceText(tool, Encoding.Latin1.GetBytes(text));
            var installed = Binder.Bind(RuleSetReader.Read(source, wanted.Family), new BindOptions(wanted.Family));
            return installed.Policy is { } policy
                ? Difference(wanted, ChainGraph.From(policy, HostRules.Table, wanted.Base.Name)) is { } difference ? $"{tool} differs: {difference}" : null
                : $"the rules of {tool} cannot be read: {installed.Diagnostics.First(d => d.IsError).Message}";
        }
        catch (KernelException e)
        {
            return e.Message;
        }
    }

    /// <summary>The first difference in words, or null. Equal chains name equal callees, so walking both side by side finds every chain.</summary>
    private static string? Difference(ChainGraph wanted, ChainGraph installed)
    {
        foreach (var (chain, other) in wanted.Chains.Zip(installed.Chains))
        {
            if (chain.Name != other.Name) { return $"chain {other.Name} stands where chain {chain.Name} is expected"; }
            if (chain.Policy != other.Policy) { return $"the policy of {chain.Name} is not the same"; }
            foreach (var (rule, installedRule) in chain.Rules.Zip(other.Rules))
            {
                if (rule.ToText() != installedRule.ToText()) { return $"rule {rule.Number} of {chain.Name} is `{installedRule.ToText()}`"; }
            }

            if (chain.Rules.Length != other.Rules.Length) { return $"{chain.Name} has {other.Rules.Length} rules, not {chain.Rules.Length}"; }
        }

        return wanted.Chains.Length == installed.Chains.Length ? null : "other chains can be reached";
    }

    private static string CommandName(Family family) => family == Family.IPv4 ? "iptables" : "ip6tables";

    private static string ToolName(Backend backend, Family family) => $"{CommandName(family)}-{(backend == Backend.Legacy ? "legacy" : "nft")}";
}
