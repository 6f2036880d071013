using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Rendering;

/// <summary>What a compile read, made and left out, for people.</summary>
internal sealed class CompileReport(HostFiles files, CompiledFirewall firewall)
{
    /// <summary>The kernel's limits (docs/internals/budgets.md).</summary>
    private const int MostInstructions = 1_000_000;
    private const int MostTailCalls = 33;
    private const int LargestPerCpuValue = 32 * 1024;

    public IEnumerable<string> Lines()
    {
        foreach (var file in files.All) { yield return Head(file); }
        yield return "";
        yield return Line("compiled", $"{Count(firewall.Rules.Graphs.Sum(g => g.RuleCount), "rule")} reachable from {firewall.Rules.Hook.ChainName()}{Of(firewall.Rules)}, {SpecialisedFor()}");
        yield return Line("generated", $"{Count(firewall.InstructionCount, "instruction")} in {Count(firewall.Object.Functions.Length, "function")}, {Count(firewall.Parts, "part")}, {Count(firewall.Object.Maps.Length, "map")}");
        yield return Line("limits", Limits());
        foreach (var line in Deferrals()) { yield return line; }
        foreach (var file in files.All)
        {
            foreach (var left in NotCompiled.Of(file.Policy, firewall.Rules.Hook))
            {
                yield return Line("not compiled", $"{file.Name}: {Count(left.Chain.Rules.Length, "rule")} of {left.Table}/{left.Chain.Name}: {left.Reason}");
            }
        }
    }

    /// <summary>For those who want to know more: every map and function.</summary>
    public IEnumerable<string> Details()
    {
        foreach (var map in firewall.Object.Maps) { yield return Line("map", $"{map.Name}: {map.Type}, {Count(map.MaxEntries, "value")} of {Count(map.ValueSize, "byte")}"); }
        foreach (var function in firewall.Object.Functions) { yield return Line("function", $"{function.Name}: {function.Kind}, {Count(function.Code.Length, "instruction")}"); }
    }

    public void Write(TextWriter writer)
    {
        foreach (var line in Lines()) { writer.WriteLine(line); }
    }

    private static string Head(RuleFile file)
    {
        var tables = file.Policy.Tables;
        var (chains, rules) = (tables.Sum(t => t.Chains.Length), tables.Sum(t => t.Chains.Sum(c => c.Rules.Length)));
        var size = tables.IsEmpty ? "no tables" : $"{Count(rules, "rule")} in {Count(chains, "chain")} of {string.Join(", ", tables.Select(t => t.Name))}";
        return $"{file.Name}: {file.Family}, {size}, {Count(file.Binding.Diagnostics.Length, "warning")}";
    }

    private static string Line(string title, string text) => $"  {title,-12}  {text}";

    private static string Of(HostRules rules) =>
        rules.Graphs.Count() == 1 ? "" : $" ({string.Join(", ", rules.Graphs.Select(g => $"{g.RuleCount:N0} {g.Family}"))})";

    private string SpecialisedFor() => firewall.Options.Interface is { } name ? $"for packets that come in by {name}" : "for any interface";

    private string Limits()
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
    private IEnumerable<string> Deferrals()
    {
        var classes = new[]
        {
            Fragments(),
            "frames tagged for a VLAN",
            "frames cut short or malformed",
            firewall.Rules.Hook == Hook.Forward ? "packets whose TTL runs out" : null,
            firewall.Rules.Has(Family.IPv4) is false ? "IPv4 packets (no rules for them were given)" : null,
            firewall.Rules.Has(Family.IPv6) is false ? "IPv6 packets (no rules for them were given)" : null,
            AsksForUnknownOutput() ? "packets whose verdict depends on the output interface" : null,
            firewall.Interfaces.IsEmpty ? null : "packets whose verdict depends on the input interface, unless the loader fills the map interfaces",
        };
        yield return Line("deferred", firewall.Options.Deferred == DeferredAction.Drop
            ? "dropped and counted (fail closed); --deferred kernel passes them to the kernel's own iptables:"
            : "passed to the kernel, whose own iptables must hold the same rules:");
        foreach (var packets in classes.OfType<string>()) { yield return Line("", $"  {packets}"); }
        yield return Line("passed", "ARP and other frames that are not IP");
    }

    private string? Fragments() => (IsReassembled(Family.IPv4), IsReassembled(Family.IPv6)) switch
    {
        (true, true) => "fragments",
        (true, false) => "IPv4 fragments",
        (false, true) => "IPv6 fragments",
        _ => null,
    };

    private bool IsReassembled(Family family) => firewall.Rules.Has(family) && (family == Family.IPv4
        ? firewall.Options.DefragmentsIPv4 || firewall.Rules.Hook == Hook.Input
        : firewall.Options.DefragmentsIPv6);

    private bool AsksForUnknownOutput() => firewall.Rules.Hook == Hook.Forward && firewall.Options.OutInterface is null
        && firewall.Rules.Graphs.SelectMany(g => g.Chains).SelectMany(c => c.Rules).SelectMany(r => r.Matches).Any(m => m is OutInterfaceMatch);

    private static string Count(int number, string noun) => $"{number:N0} {noun}{(number == 1 ? "" : "s")}";
}
