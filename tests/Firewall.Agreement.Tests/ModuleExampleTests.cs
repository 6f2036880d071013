using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Agreement.Tests;

/// <summary>The examples in the modules' own files, in all engines. What the texts mean to reader, printer and iptables is tested beside the modules.</summary>
public sealed class ModuleExampleTests
{
    public static TheoryData<string, string> All()
    {
        var rows = new TheoryData<string, string>();
        foreach (var module in MatchModules.All)
        {
            foreach (var example in module.Examples.Where(e => e.IsOfBytesAlone)) { rows.Add(module.Name, Name(example)); }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_example_ends_as_it_says_in_interpreter_and_virtual_machine(string module, string name) => Check(Find(module, name), useKernel: false);

    [SkippableTheory]
    [MemberData(nameof(All))]
    public void An_example_ends_as_it_says_in_the_kernel(string module, string name)
    {
        KernelRequired.Privileges();
        Check(Find(module, name), useKernel: true);
    }

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Forward)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Forward)]
    public void The_examples_end_as_they_say_in_iptables(Family family, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        using var host = OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: hook == Hook.Forward);
        var comparison = new OracleComparison(host);
        // Lists of recent outlive a rule set, so what one example remembers the next would find.
        var examples = MatchModules.All.Where(m => m.Name != "recent").SelectMany(m => m.Examples).Where(e => e.IsOfBytesAlone && e.Family == family && e.Forwarded == (hook == Hook.Forward));
        Assert.All(examples, example =>
        {
            var scenario = Scenario(example);
            var packet = hook == Hook.Forward ? example.Packet!.To(family == Family.IPv4 ? "203.0.113.9" : "2001:db8:2::9") : example.Packet!;
            Assert.Null(comparison.Fault(new OracleCase((scenario.IPv4 ?? scenario.IPv6)!, [new Arrival(packet, "eth0", hook == Hook.Forward ? "eth1" : null)])));
        });
    }

    private static string Name(Example example) => $"{example.Kind} {example.Text} [{example.Packet}]";

    private static Example Find(string module, string name) => MatchModules.All.Where(m => m.Name == module).SelectMany(m => m.Examples).First(e => e.IsOfBytesAlone && Name(e) == name);

    private static void Check(Example example, bool useKernel)
    {
        var scenario = Scenario(example);
        Assert.Null(EngineComparison.Fault(scenario, useKernel));
        var rules = scenario.Bind()!;

        // The engines have compared what they know at XDP; what the example knows besides is for the interpreter.
        var context = scenario.Situation.Context(rules);
        var decision = new Interpreter(rules, context).Judge(
            example.Packet!.Frame.AsMemory(), context with { InInterface = "eth0", Surroundings = example.Surroundings }, route: null);
        Assert.Equal(Expected(example.Kind), (decision.Kind, decision.Rule is not null, decision.IsHotdrop));
    }

    /// <summary>One rule that drops what it matches, under a policy that accepts.</summary>
    private static Scenario Scenario(Example example)
    {
        var hook = example.Forwarded ? Hook.Forward : Hook.Input;
        var rules = new GeneratedRules(example.Family, hook, "ACCEPT", [new GeneratedChain(hook.ChainName(), [new GeneratedRule([example.Text], "-j DROP")])]);
        return new Scenario(
            example.Family == Family.IPv4 ? rules : null,
            example.Family == Family.IPv6 ? rules : null,
            new Situation(hook, Interface: null, OutInterface: null, Defragments: false, Budgets: null),
            [new Arrival(example.Packet!, "eth0", Out: null)]);
    }

    private static (DecisionKind Kind, bool ByRule, bool IsHotdrop) Expected(ExampleKind kind) => kind switch
    {
        ExampleKind.Hits => (DecisionKind.Drop, true, false),
        ExampleKind.Misses => (DecisionKind.Accept, false, false),
        _ => (DecisionKind.Drop, false, true),
    };
}
