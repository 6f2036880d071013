using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;

namespace Firewall.Rules.Tests.Matches;

/// <summary>Runs the examples that each module's file gives, and asks for enough of them.</summary>
public sealed class ModuleExamples
{
    /// <summary>Modules that match every packet and so can miss none.</summary>
    private static readonly string[] NeverMiss = ["comment"];

    /// <summary>Modules of which only the kernel knows whether they match, or of which the rule does not say.</summary>
    private static readonly string[] NeverHit = ["connlabel", "connlimit", "set"];

    public static TheoryData<string, int> All(ExampleKind kind)
    {
        var rows = new TheoryData<string, int>();
        foreach (var (type, module) in MatchModules.All.Select((module, index) => (index, module)))
        {
            for (var i = 0; i < module.Examples.Length; i++)
            {
                if (module.Examples[i].Kind == kind) { rows.Add($"{type}:{module.Name}", i); }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Accepts)]
    public void An_accepted_text_prints_in_canonical_form_and_again_the_same(string module, int index)
    {
        var example = Find(module, index);
        var canonical = example.Prints ?? example.Text;
        Assert.Equal(canonical, Print(example, example.Text));
        if (!canonical.Contains("! --sport :", StringComparison.Ordinal)) { Assert.Equal(canonical, Print(example, canonical)); }
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Rejects)]
    public void A_rejected_text_is_an_error(string module, int index)
    {
        var example = Find(module, index);
        Assert.Null(RuleText.Bind(example.Text, example.Family, example.Chain, out var errors, example.Table));
        Assert.NotEmpty(errors);
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Hits)]
    public void A_rule_matches_the_packets_it_should(string module, int index) => Expect(GuardOutcome.Match, Find(module, index));

    [Theory]
    [MemberData(nameof(All), ExampleKind.Misses)]
    public void A_rule_does_not_match_the_packets_it_should_not(string module, int index) => Expect(GuardOutcome.NoMatch, Find(module, index));

    [Theory]
    [MemberData(nameof(All), ExampleKind.Hotdrops)]
    public void A_rule_drops_the_packets_it_cannot_read(string module, int index) => Expect(GuardOutcome.Hotdrop, Find(module, index));

    [Theory]
    [MemberData(nameof(All), ExampleKind.Defers)]
    public void A_rule_is_not_decided_where_its_answer_is_not_known(string module, int index)
    {
        var example = Find(module, index);
        var result = RuleText.Evaluate(example);
        Assert.Equal((GuardOutcome.Unknown, example.Reason), (result.Outcome, result.Reason));
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Plays)]
    public void A_rule_with_memory_matches_the_packets_of_a_sequence_that_it_should(string module, int index)
    {
        var example = Find(module, index);
        foreach (var hertz in new uint[] { 100, 250, 300, 1_000 })
        {
            Assert.Equal(example.Turns.Select(t => t.Hits ? GuardOutcome.Match : GuardOutcome.NoMatch), RuleText.Play(example, hertz));
        }
    }

    [Fact]
    public void Every_module_has_enough_examples()
    {
        foreach (var module in MatchModules.All)
        {
            var counts = module.Examples.CountBy(e => e.Kind).ToDictionary();
            Assert.True(counts.GetValueOrDefault(ExampleKind.Accepts) >= 3, $"{module.Name}: Accepts");
            Assert.True(counts.GetValueOrDefault(ExampleKind.Rejects) >= 2, $"{module.Name}: Rejects");
            Assert.True(counts.GetValueOrDefault(ExampleKind.Hits) >= 2 || counts.GetValueOrDefault(ExampleKind.Defers) >= 2 || NeverHit.Contains(module.Name), $"{module.Name}: Hits");
            Assert.True(counts.GetValueOrDefault(ExampleKind.Misses) >= 2 || NeverMiss.Contains(module.Name) || module.Name == "set", $"{module.Name}: Misses");
        }
    }

    [Fact]
    public void The_generator_finds_every_module_of_this_version() => Assert.Equal(
        ["addrtype", "ah", "ah", "bpf", "cgroup", "cluster", "comment", "connbytes", "connlabel", "connlimit", "connmark", "conntrack", "cpu",
         "dccp", "devgroup", "dscp", "dst", "ecn", "esp", "eui64", "frag", "hashlimit", "hbh", "helper", "hl", "icmp", "icmp6", "ipcomp", "iprange",
         "ipv6header", "length", "limit", "mac", "mark", "mh", "multiport", "osf", "owner", "physdev", "pkttype", "policy", "quota", "realm",
         "recent", "rpfilter", "rt", "sctp", "set", "socket", "srh", "state", "statistic", "string", "tcp", "tcpmss", "time", "tos", "ttl", "u32", "udp"],
        MatchModules.All.Select(m => m.Name).Order(StringComparer.Ordinal));

    private static Example Find(string module, int index) =>
        MatchModules.All[int.Parse(module.Split(':')[0])].Examples[index];

    private static string Print(Example example, string text)
    {
        var rule = RuleText.Bind(text, example.Family, example.Chain, out var errors, example.Table);
        Assert.True(rule is not null, $"{text}: {errors}");
        return rule.ToText();
    }

    private static void Expect(GuardOutcome outcome, Example example)
    {
        var result = RuleText.Evaluate(example);
        Assert.True(outcome == result.Outcome, $"{example.Text} gives {result} for {example.Packet}");
    }
}
