using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Facts;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Agreement.Tests;

/// <summary>What was observed of the kernel (reference/semantics.md), in all engines and once more in the kernel's own iptables.</summary>
public sealed class FactTests
{
    private static readonly Fact[] Facts = [.. IPv4Facts.All, .. StackFacts.All, .. IPv6Facts.All];

    public static TheoryData<string> Ids() => [.. Facts.Select(fact => fact.Id)];

    [Fact]
    public void Facts_have_names_of_their_own() => Assert.Equal(Facts.Length, Facts.Select(fact => fact.Id).Distinct(StringComparer.Ordinal).Count());

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_fact_holds_in_interpreter_and_virtual_machine(string id)
    {
        var fact = Find(id);
        var (rules, situation) = Prepare(fact);
        var interpreter = new Interpreter(rules, situation.Context(rules));
        foreach (var given in fact.Cases)
        {
            var decision = interpreter.Judge(fact.Arrival(given).Packet.Frame.AsMemory(), given.Device, fact.OutInterface);
            Assert.Equal((given, given.Verdict), (given, Text(decision, fact.Hook)));
        }

        Compare(fact, useKernel: false);
    }

    [SkippableTheory]
    [MemberData(nameof(Ids))]
    public void A_fact_holds_in_the_kernel(string id)
    {
        KernelRequired.Privileges();
        Compare(Find(id), useKernel: true);
    }

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Forward)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Forward)]
    public void The_facts_hold_in_iptables(Family family, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        using var host = OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: hook == Hook.Forward);
        var comparison = new OracleComparison(host);
        Assert.All(Facts.Where(fact => fact.Family == family && fact.Hook == hook), fact =>
        {
            var arrivals = fact.Cases.Where(given => given.Device is "eth0" or "eth1").Select(fact.Arrival);
            Assert.Null(comparison.Fault(fact.File, family, hook, [.. arrivals.Select(Addressed)]));
        });
    }

    /// <summary>Frames by eth1 are for its MAC address.</summary>
    private static Arrival Addressed(Arrival arrival) =>
        arrival.In == "eth1" ? arrival with { Packet = arrival.Packet.WithDestinationMac(OracleHost.OtherMac.ToBytes()) } : arrival;

    private static Fact Find(string id) => Array.Find(Facts, fact => fact.Id == id)!;

    private static (HostRules Rules, Situation Situation) Prepare(Fact fact)
    {
        var policy = GeneratedRules.Bind(fact.File, fact.Family).Policy;
        Assert.NotNull(policy);
        var rules = HostRules.From(fact.Hook, fact.Family == Family.IPv4 ? policy : null, fact.Family == Family.IPv6 ? policy : null);
        return (rules, new Situation(fact.Hook, Interface: null, fact.OutInterface, Defragments: false, Budgets: null));
    }

    /// <summary>Each device gets a program of its own: the facts name more of them than a program for all knows.</summary>
    private static void Compare(Fact fact, bool useKernel)
    {
        var (rules, situation) = Prepare(fact);
        foreach (var cases in fact.Cases.GroupBy(given => given.Device))
        {
            var there = situation with { Interface = cases.Key };
            var firewall = LinearGenerator.Generate(rules, there.Options);
            Assert.Null(EngineComparison.Fault(rules, firewall, there, cases.Select(fact.Arrival), useKernel));
        }
    }

    private static string Text(Decision decision, Hook hook)
    {
        if (decision.Reason is { } reason) { return $"?{reason.Text()}"; }
        var letter = decision.Kind == DecisionKind.Accept ? 'A' : 'D';
        return decision switch
        {
            { IsHotdrop: true } => $"{letter}h",
            { Rule: null } => $"{letter}p",
            { Rule: { } rule } when rule.Chain == hook.ChainName() => $"{letter}{rule.Number}",
            { Rule: { } rule } => $"{letter}{rule.Chain}:{rule.Number}",
        };
    }
}
