using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Matches;

/// <summary>The real tool is the referee: it must load what we accept, print it as we do, and refuse what we reject.</summary>
public sealed class ExamplesAgainstLegacyIptables
{
    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Accepted_texts_load_and_are_saved_as_we_print_them(Family family)
    {
        using var iptables = new LegacyIptables();
        Assert.True(iptables.RestoreSets(ExampleSets.Text) is { Accepted: true });
        foreach (var examples in Examples(ExampleKind.Accepts, family).GroupBy(e => (e.Table, e.Chain)))
        {
            var (table, chain) = examples.Key;
            var file = $"*{table}\n{string.Concat(examples.Select(e => $"-A {chain} {e.Text}\n"))}COMMIT\n";
            AssertLoads(iptables, family, file);
            var saved = iptables.Save(family == Family.IPv6, table).Split('\n').Where(l => l.StartsWith("-A ", StringComparison.Ordinal));
            Assert.Equal(examples.Select(e => e.Prints ?? e.Text), saved.Select(l => l.Split(' ', 3)[2].TrimEnd()));
        }
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Rejected_texts_do_not_load(Family family)
    {
        using var iptables = new LegacyIptables();
        Assert.True(iptables.RestoreSets(ExampleSets.Text) is { Accepted: true });
        Assert.All(Examples(ExampleKind.Rejects, family), example =>
            Assert.False(iptables.Restore(RuleText.File(example), family == Family.IPv6).Accepted, $"loads: {example.Text}"));
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Rules_of_packet_examples_load(Family family)
    {
        using var iptables = new LegacyIptables();
        Assert.True(iptables.RestoreSets(ExampleSets.Text) is { Accepted: true });
        Assert.All(Packets(family), example => AssertLoads(iptables, family, RuleText.File(example)));
    }

    private static void AssertLoads(LegacyIptables iptables, Family family, string file)
    {
        var loaded = iptables.Restore(file, family == Family.IPv6);
        Assert.True(loaded.Accepted, loaded.Output);
    }

    private static IEnumerable<Example> Packets(Family family) =>
        MatchModules.All.SelectMany(m => m.Examples).Where(e => e.Kind is not (ExampleKind.Accepts or ExampleKind.Rejects) && e.Family == family);

    private static IEnumerable<Example> Examples(ExampleKind kind, Family family) =>
        MatchModules.All.SelectMany(m => m.Examples).Where(e => e.Kind == kind && e.Family == family);
}
