using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Tests.Matches;

/// <summary>The real tool is the referee: it must load what we accept, print it as we do, and refuse what we reject.</summary>
public sealed class ExamplesAgainstLegacyIptables(LegacyIptables iptables) : IClassFixture<LegacyIptables>
{
    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Accepted_texts_load_and_are_saved_as_we_print_them(Family family)
    {
        iptables.Require();
        var examples = Examples(ExampleKind.Accepts, family).ToList();
        var file = $"*filter\n{string.Concat(examples.Select(e => $"-A INPUT {e.Text}\n"))}COMMIT\n";
        Assert.Null(iptables.Restore(family, file));
        Assert.Equal(examples.Select(e => e.Prints ?? e.Text), iptables.Rules(family));
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Rejected_texts_do_not_load(Family family)
    {
        iptables.Require();
        Assert.All(Examples(ExampleKind.Rejects, family), example =>
            Assert.True(iptables.Restore(family, RuleText.File(example.Text)) is not null, $"loads: {example.Text}"));
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Rules_of_packet_examples_load(Family family)
    {
        iptables.Require();
        Assert.All(Packets(family), example => Assert.Null(iptables.Restore(family, RuleText.File(example.Text))));
    }

    private static IEnumerable<Example> Packets(Family family) =>
        Examples(ExampleKind.Hits, family).Concat(Examples(ExampleKind.Misses, family)).Concat(Examples(ExampleKind.Hotdrops, family));

    private static IEnumerable<Example> Examples(ExampleKind kind, Family family) =>
        MatchModules.All.SelectMany(m => m.Examples).Where(e => e.Kind == kind && e.Family == family);
}
