using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Rendering;

/// <summary>What a compile read, made and left out, for people.</summary>
/// <param name="Files">The rules.</param>
/// <param name="Firewalls">The programs.</param>
/// <param name="Plan">Where each chain is judged; null when only one was asked for and nothing is to be said about it.</param>
internal sealed record CompileReport(HostFiles Files, ImmutableArray<CompiledFirewall> Firewalls, Plan? Plan)
{
    /// <summary>The kernel's limits (docs/internals/budgets.md).</summary>
    private const int MostInstructions = 1_000_000;
    private const int MostTailCalls = 33;
    private const int LargestPerCpuValue = 32 * 1024;

    /// <summary>How many open lines are named unless more is wanted.</summary>
    private const int FirstLines = 5;

    public IEnumerable<string> Lines(bool allLines = false)
    {
        foreach (var file in Files.All) { yield return Head(file); }
        yield return "";
        foreach (var line in Places(allLines)) { yield return line; }
        foreach (var firewall in Firewalls)
        {
            if (Firewalls.Length > 1) { yield return $"\n  {ProgramTitle.Of(firewall)}"; }
            yield return Line("compiled", $"{Count(firewall.Rules.Graphs.Sum(g => g.RuleCount), "rule")} reachable from {Chains(firewall)}{Of(firewall.Rules)}, {SpecialisedFor(firewall)}");
            yield return Line("generated", $"{Count(firewall.InstructionCount, "instruction")} in {Count(firewall.Object.Functions.Length, "function")}, {Count(firewall.Parts, "part")}, {Count(firewall.Object.Maps.Length, "map")}");
            yield return Line("limits", Limits(firewall));
            foreach (var line in Deferrals(firewall)) { yield return line; }
        }

        if (Firewalls.Length > 1) { yield return ""; }
        foreach (var file in Files.All)
        {
            foreach (var left in NotCompiled.Of(file.Policy, [.. Firewalls.SelectMany(f => f.Rules.Filters(f.Rules.Families.First())).Select(s => s.Hook).Distinct().Order()]))
            {
                yield return Line("not compiled", $"{file.Name}: {Count(left.Chain.Rules.Length, "rule")} of {left.Table}/{left.Chain.Name}: {left.Reason}");
            }
        }
    }

    /// <summary>For those who want to know more: every map and function.</summary>
    public IEnumerable<string> Details()
    {
        foreach (var firewall in Firewalls)
        {
            foreach (var map in firewall.Object.Maps) { yield return Line("map", $"{map.Name}: {map.Type}, {Count(map.MaxEntries, "value")} of {Count(map.ValueSize, "byte")}"); }
            foreach (var function in firewall.Object.Functions) { yield return Line("function", $"{function.Name}: {function.Kind}, {Count(function.Code.Length, "instruction")}"); }
        }
    }

    public void Write(TextWriter writer, bool allLines)
    {
        foreach (var line in Lines(allLines)) { writer.WriteLine(line); }
    }

    /// <summary>Where each chain is judged and why, and what becomes of the rules.</summary>
    private IEnumerable<string> Places(bool allLines)
    {
        if (Plan is null) { yield break; }
        foreach (var chain in Plan.Chains) { yield return Line("placed", $"{chain.Chain.ChainName()} at {FateText.Of(chain.Hooks)}: {chain.Why}"); }
        var lines = Plan.Lines.Where(l => l.Rule.Table == HostRules.Table && l.Fate != Fate.Unreachable).ToList();
        var open = lines.Where(l => l.IsOpen).ToList();
        if (open.Count == 0)
        {
            yield return Line("rules", $"{lines.Count:N0} of {lines.Count:N0} compiled");
            yield break;
        }

        yield return Line("rules", $"{lines.Count(l => l.Fate == Fate.Compiled):N0} compiled, {lines.Count(l => l.Fate == Fate.Partial):N0} partly, {lines.Count(l => l.Fate == Fate.Deferred):N0} left to iptables");
        foreach (var reason in open.GroupBy(FateText.ReasonOf).OrderByDescending(g => g.Count()))
        {
            var numbers = reason.Select(l => l.Rule.Line).Distinct().ToList();
            var shown = allLines ? numbers : numbers.Take(FirstLines).ToList();
            yield return Line("", $"  {reason.Key}: line{(numbers.Count == 1 ? "" : "s")} {string.Join(", ", shown)}{(shown.Count < numbers.Count ? $" and {numbers.Count - shown.Count:N0} more (-v)" : "")}");
        }
    }

    private static string Head(RuleFile file)
    {
        var tables = file.Policy.Tables;
        var (chains, rules) = (tables.Sum(t => t.Chains.Length), tables.Sum(t => t.Chains.Sum(c => c.Rules.Length)));
        var size = tables.IsEmpty ? "no tables" : $"{Count(rules, "rule")} in {Count(chains, "chain")} of {string.Join(", ", tables.Select(t => t.Name))}";
        return $"{file.Name}: {file.Family}, {size}, {Count(file.Binding.Diagnostics.Length, "warning")}";
    }

    private static string Line(string title, string text) => $"  {title,-12}  {text}";

    private static string Chains(CompiledFirewall firewall) =>
        string.Join(" and ", firewall.Rules.Filters(firewall.Rules.Families.First()).Select(s => s.Hook.ChainName()));

    private static string Of(HostRules rules) =>
        rules.Families.Count() == 1 ? "" : $" ({string.Join(", ", rules.Families.Select(f => $"{rules.Graphs.Where(g => g.Family == f).Sum(g => g.RuleCount):N0} {f}"))})";

    private static string SpecialisedFor(CompiledFirewall firewall) => firewall.Options.Interface is { } name ? $"for packets that come in by {name}" : "for any interface";

    private static string Limits(CompiledFirewall firewall)
    {
        var largest = firewall.Object.Programs.Max(p => firewall.Object.Link(p.Name).Code.Length);
        var parts = new List<string>
        {
            $"{largest:N0} of {MostInstructions:N0} instructions",
            $"{firewall.LongestTailCalls} of {MostTailCalls} tail calls",
            $"{firewall.Object.Map(Scratch.Map.Name).ValueSize:N0} of {LargestPerCpuValue:N0} bytes of scratch memory",
            $"{firewall.Rules.Graphs.Sum(g => g.RuleCount):N0} of {Budgets.MostRules:N0} rules",
        };
        return string.Join(", ", parts);
    }

    /// <summary>Packets the program leaves to the kernel, and what then becomes of them.</summary>
    private static IEnumerable<string> Deferrals(CompiledFirewall firewall)
    {
        yield return Line("deferred", firewall.Options.Deferred == DeferredAction.Drop
            ? "dropped and counted (fail closed); --deferred kernel passes them to the kernel's own iptables:"
            : firewall.Options.OnlyCertainDrops ? "passed on:"
            : "passed to the kernel, whose own iptables must hold the same rules:");
        foreach (var (_, packets) in DeferredClasses.Of(firewall.Rules, firewall.Options)) { yield return Line("", $"  {packets}"); }
        if (firewall.Options.Program == ProgramKind.Xdp) { yield return Line("passed", "ARP and other frames that are not IP"); }
    }

    private static string Count(int number, string noun) => $"{number:N0} {noun}{(number == 1 ? "" : "s")}";
}
