using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Targets;

/// <summary>
/// The real tool is the referee: it must load what we accept, print it as we do, and refuse what we reject. Targets that the running kernel
/// lacks are left out.
/// </summary>
public sealed class TargetsAgainstLegacyIptables
{
    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Accepted_texts_load_and_are_saved_as_we_print_them(Family family)
    {
        using var iptables = WithSets();
        Assert.All(Examples(ExampleKind.Accepts, family), e =>
        {
            var loaded = iptables.Restore(TargetText.File(e.Module, e.Example), family == Family.IPv6);
            Assert.True(loaded.Accepted, $"{e.Example.Text}: {loaded.Output}");
            var saved = iptables.Save(family == Family.IPv6, TargetText.PlaceOf(e.Module, e.Example).Table).Split('\n').Single(l => l.StartsWith("-A ", StringComparison.Ordinal));
            Assert.Equal(e.Example.Prints ?? e.Example.Text, saved.Split(' ', 3)[2].TrimEnd());
        });
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Rejected_texts_do_not_load(Family family)
    {
        using var iptables = WithSets();
        Assert.All(Examples(ExampleKind.Rejects, family), e =>
            Assert.False(iptables.Restore(TargetText.File(e.Module, e.Example), family == Family.IPv6).Accepted, $"loads: {e.Example.Text}"));
    }

    /// <summary>A target's first example in every table and built-in chain.</summary>
    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Tables_and_chains_take_a_target_when_we_do(Family family)
    {
        using var iptables = WithSets();
        var different = new List<string>();
        foreach (var (_, example) in Examples(ExampleKind.Accepts, family).DistinctBy(e => e.Module))
        {
            foreach (var table in BuiltInChains.Tables)
            {
                foreach (var chain in BuiltInChains.Of(table))
                {
                    var file = TargetText.File(table, chain, example.Text);
                    var accepted = iptables.Restore(file, family == Family.IPv6).Accepted;
                    if (accepted != !Binder.Bind(RuleSetReader.Read(SourceText.From(file), family)).HasErrors) { different.Add($"iptables {(accepted ? "loads" : "refuses")} {table} {chain}: {example.Text}"); }
                }

                iptables.Restore($"*{table}\nCOMMIT\n", family == Family.IPv6);
            }
        }

        Assert.Empty(different);
    }

    private static LegacyIptables WithSets()
    {
        var iptables = new LegacyIptables();
        TargetText.MakeSets(iptables);
        return iptables;
    }

    private static IEnumerable<(TargetModule Module, Example Example)> Examples(ExampleKind kind, Family family) =>
        TargetText.Examples(kind, family).Where(e => TargetText.IsOnKernel(e.Module, family));
}
