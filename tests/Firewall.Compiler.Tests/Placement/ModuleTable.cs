using System.Collections.Immutable;
using System.Text;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;

namespace Firewall.Compiler.Tests.Placement;

/// <summary>Writes which module is decided where, as the compiler lowers the modules' own examples: the text of <c>docs/reference/modules.md</c>.</summary>
internal static class ModuleTable
{
    private const string Introduction = """
        # Modules

        Generated from the modules' own examples, lowered as the compiler lowers rules; a test compares. *Decided* names the hooks whose programs know all that a module asks; where they do not always,
        packets are left to iptables for the reason in brackets (the names are those of [pipeline.md](../internals/pipeline.md)). A module with *memory* (a rate, a list) is decided by a program only where
        every packet that meets the rule is. A module that is not listed is read, printed, and left to iptables.
        """;

    public static string Write(IEnumerable<MatchModule> matches, IEnumerable<TargetModule> targets)
    {
        var text = new StringBuilder(Introduction).Append("\n\n## Matches\n\n| module | family | what it matches | decided | memory |\n|---|---|---|---|---|\n");
        foreach (var module in matches.OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.OnlyFamily))
        {
            var guards = module.Examples.SelectMany(e => GuardsOf(module, e)).ToList();
            var remembers = guards.Exists(g => g.Guard.Atoms.OfType<Search>().Any(s => s.Program.KeepsMemory));
            text.Append($"| `{module.Name}` | {FamilyOf(module.OnlyFamily)} | {Cell(module.Summary)} | {Decided(guards)} | {(remembers ? "yes" : "")} |\n");
        }

        text.Append("\n## Targets\n\n| module | family | what it does | decided |\n|---|---|---|---|\n");
        foreach (var module in targets.OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.OnlyFamily))
        {
            var effects = module.Examples.Select(e => EffectOf(module, e)).OfType<Effect>().Select(Decided).Distinct(StringComparer.Ordinal).ToList();
            text.Append($"| `{module.Name}` | {FamilyOf(module.OnlyFamily)} | {Cell(module.Summary)} | {string.Join("; ", effects)} |\n");
        }

        return text.ToString();
    }

    private static string FamilyOf(Family? family) => family?.ToString() ?? "both";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>What the module's own part of the example's rule asks, and where the rule stands.</summary>
    private static IEnumerable<(Guard Guard, Station Station)> GuardsOf(MatchModule module, Example example)
    {
        if (example.Kind == ExampleKind.Rejects || Bind($"*{example.Table}\n-A {example.Chain} {example.Text}\nCOMMIT\n", module.OnlyFamily ?? example.Family) is not { } policy) { yield break; }
        var (family, graph) = (policy.Family, ChainGraph.From(policy, example.Table, example.Chain));
        var hook = example.Chain switch
        {
            "FORWARD" => Hook.Forward,
            "OUTPUT" => Hook.Output,
            "PREROUTING" => Hook.Prerouting,
            _ => Hook.Input,
        };
        foreach (var match in graph.Base.Rules.SelectMany(r => r.Matches).Where(m => m.ModuleName == module.Name || module.Aliases.Contains(m.ModuleName ?? "")))
        {
            yield return (match.Meaning(family), new Station(example.Table, graph, hook, IsOwned: true));
        }
    }

    private static string Decided(List<(Guard Guard, Station Station)> guards)
    {
        var (xdp, netfilter) = (At(ProgramKind.Xdp, guards.Where(g => g.Station.Hook != Hook.Output)), At(ProgramKind.Netfilter, guards));
        return (xdp, netfilter) switch
        {
            ((_, { IsEmpty: true }, _), (_, { IsEmpty: true }, _)) when xdp.Count > 0 => "XDP and netfilter",
            (_, (0, _, _)) => "",
            (_, (var all, var reasons, var open)) when open == all => $"iptables ({Names(reasons)})",
            (_, (_, var reasons, _)) => $"netfilter{Often(netfilter)}{(xdp.Count == 0 ? "" : xdp.Open == xdp.Count ? $"; at XDP not ({Names(xdp.Reasons)})" : $"; XDP{Often(xdp)}")}",
        };
    }

    private static string Often((int Count, ImmutableArray<DeferReason> Reasons, int Open) hook) => hook.Reasons.IsEmpty ? "" : $" in part ({Names(hook.Reasons)})";

    private static string Names(ImmutableArray<DeferReason> reasons) => string.Join(", ", reasons.Select(r => r.Text()));

    /// <summary>How many examples there are, why packets may be deferred, and in how many examples.</summary>
    private static (int Count, ImmutableArray<DeferReason> Reasons, int Open) At(ProgramKind program, IEnumerable<(Guard Guard, Station Station)> guards)
    {
        var doubts = guards.Select(g => new GuardLowering(g.Station, new CompileOptions { Program = program }).Lower(g.Guard).Doubts.Where(d => d is not DeviceDoubt).Select(d => d.Reason).ToList()).ToList();
        return (doubts.Count, [.. doubts.SelectMany(d => d).Distinct().Order()], doubts.Count(d => d.Count > 0));
    }

    private static Effect? EffectOf(TargetModule module, Example example)
    {
        if (example.Kind == ExampleKind.Rejects) { return null; }
        var table = example.Place?.Table ?? module.Tables.FirstOrDefault() ?? "filter";
        var chain = example.Place?.Chain ?? module.Chains.FirstOrDefault() ?? (table is "filter" or "security" ? "INPUT" : "PREROUTING");
        return Bind($"*{table}\n-A {chain} {example.Text}\nCOMMIT\n", module.OnlyFamily ?? example.Family)?.Table(table)?.Chain(chain)?.Rules.FirstOrDefault()?.Target.Effect;
    }

    private static string Decided(Effect effect) => effect switch
    {
        LeaveToKernel leave => $"iptables ({leave.Reason.Text()})",
        Refuse => "iptables (reject); with `--reject xdp` XDP, with `--reject drop` XDP and netfilter",
        WriteLog => "iptables (log); with `--log ring` XDP and netfilter",
        _ => "XDP and netfilter",
    };

    private static Policy? Bind(string text, Family family) =>
        Binder.Bind(RuleSetReader.Read(SourceText.From(text), family), new BindOptions(family)).Policy;
}
