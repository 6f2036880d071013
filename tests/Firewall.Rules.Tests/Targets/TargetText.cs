using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Targets;

/// <summary>One rule given by its text, target included, in a place that takes it.</summary>
internal static class TargetText
{
    public static string File(string table, string chain, string text) => $"*{table}\n-A {chain} {text}\nCOMMIT\n";

    public static string File(TargetModule module, Example example)
    {
        var (table, chain) = PlaceOf(module, example);
        return File(table, chain, example.Text);
    }

    /// <summary>The example's own place, or the first table and chain that take the target.</summary>
    public static (string Table, string Chain) PlaceOf(TargetModule module, Example? example = null)
    {
        if (example?.Place is { } place) { return place; }
        var table = module.Tables.FirstOrDefault("filter");
        return (table, BuiltInChains.Of(table).First(c => module.Chains.IsEmpty || module.Chains.Contains(c)));
    }

    /// <summary>The bound rule; null when the text is an error, which <paramref name="errors"/> then names.</summary>
    public static Rule? Bind(TargetModule module, Example example, string text, out string errors)
    {
        var (table, chain) = PlaceOf(module, example);
        var binding = Binder.Bind(RuleSetReader.Read(SourceText.From(File(table, chain, text)), example.Family));
        errors = string.Join("; ", binding.Diagnostics.Where(d => d.IsError).Select(d => d.Message));
        return binding.Policy?.Table(table)?.Chain(chain)?.Rules.Single();
    }

    /// <summary>Whether the running kernel takes the target; SECMARK needs SELinux too.</summary>
    public static bool IsOnKernel(TargetModule module, Family family) => module.Name != "SECMARK" && LegacyIptables.HasTarget(module.Name, family == Family.IPv6);

    /// <summary>Makes the sets that the examples of SET name.</summary>
    public static void MakeSets(LegacyIptables iptables) => iptables.MakeSets("create guests hash:ip\ncreate guests6 hash:ip family inet6\ncreate marks hash:ip skbinfo timeout 60\n");

    public static IEnumerable<(TargetModule Module, Example Example)> Examples(ExampleKind kind, Family family) =>
        TargetModules.All.SelectMany(m => m.Examples, (module, example) => (module, example)).Where(e => e.example.Kind == kind && e.example.Family == family);
}
