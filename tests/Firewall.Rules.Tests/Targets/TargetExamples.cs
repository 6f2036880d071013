using Firewall.Rules.Matches;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Tests.Targets;

/// <summary>Runs the examples that each target's file gives, and asks for enough of them.</summary>
public sealed class TargetExamples
{
    public static TheoryData<string, int> All(ExampleKind kind)
    {
        var rows = new TheoryData<string, int>();
        foreach (var module in TargetModules.All)
        {
            for (var i = 0; i < module.Examples.Length; i++)
            {
                if (module.Examples[i].Kind == kind) { rows.Add(module.Name, i); }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Accepts)]
    public void An_accepted_text_prints_in_canonical_form_and_again_the_same(string name, int index)
    {
        var (module, example) = Find(name, index);
        var canonical = example.Prints ?? example.Text;
        Assert.Equal(canonical, Bind(module, example, example.Text).ToText());
        Assert.Equal(canonical, Bind(module, example, canonical).ToText());
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Rejects)]
    public void A_rejected_text_is_an_error(string name, int index)
    {
        var (module, example) = Find(name, index);
        Assert.Null(TargetText.Bind(module, example, example.Text, out var errors));
        Assert.NotEmpty(errors);
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Does)]
    public void A_target_has_the_effect_it_should(string name, int index)
    {
        var (module, example) = Find(name, index);
        Assert.Equal(example.Effect, Bind(module, example, example.Text).Target.Effect);
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Accepts)]
    public void A_target_works_in_the_chains_its_module_names(string name, int index)
    {
        var (module, example) = Find(name, index);
        var target = Bind(module, example, example.Text).Target;
        if (!module.Chains.IsEmpty) { Assert.Equal(module.Chains, target.Chains); }
        Assert.Equal(module.Name, target.Name);
    }

    [Fact]
    public void Every_target_has_enough_examples()
    {
        foreach (var module in TargetModules.All)
        {
            var counts = module.Examples.CountBy(e => e.Kind).ToDictionary();
            Assert.True(counts.GetValueOrDefault(ExampleKind.Accepts) >= Math.Min(3, 1 + module.Options.Length), $"{module.Name}: Accepts");
            Assert.True(counts.GetValueOrDefault(ExampleKind.Rejects) >= 2, $"{module.Name}: Rejects");
            Assert.True(counts.GetValueOrDefault(ExampleKind.Does) >= 1, $"{module.Name}: Does");
        }
    }

    /// <summary>The targets of iptables 1.8.9 but for the standard ones.</summary>
    [Fact]
    public void The_generator_finds_every_target() => Assert.Equal(
        ["AUDIT", "CHECKSUM", "CLASSIFY", "CLUSTERIP", "CONNMARK", "CONNSECMARK", "CT", "DNAT", "DNPT", "DSCP", "ECN", "HL", "HMARK", "IDLETIMER", "LED", "LOG",
         "MARK", "MASQUERADE", "NETMAP", "NFLOG", "NFQUEUE", "NOTRACK", "RATEEST", "REDIRECT", "REJECT", "SECMARK", "SET", "SNAT", "SNPT", "SYNPROXY",
         "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS", "TPROXY", "TRACE", "TTL", "ULOG"],
        TargetModules.All.Select(m => m.Name).Order(StringComparer.Ordinal));

    private static (TargetModule Module, Example Example) Find(string name, int index)
    {
        var module = TargetModules.All.Single(m => m.Name == name);
        return (module, module.Examples[index]);
    }

    private static Rule Bind(TargetModule module, Example example, string text)
    {
        var rule = TargetText.Bind(module, example, text, out var errors);
        Assert.True(rule is not null, $"{text}: {errors}");
        return rule;
    }
}
