using System.Collections.Immutable;
using CsCheck;
using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Tests;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Agreement.Tests;

/// <summary>Random rule sets and packets: interpreter = virtual machine = kernel, in decisions and counters.</summary>
public sealed class EnginesAgreeTests
{
    private static readonly Budgets Tiny = new(400, 40, 200);

    [Theory]
    [InlineData(Hook.Input)]
    [InlineData(Hook.Forward)]
    public void Interpreter_and_virtual_machine_agree_on_random_rules_and_packets(Hook hook) =>
        Check(Scenarios(hook, packets: 200), Scale.Of(150), useKernel: false);

    [SkippableTheory]
    [InlineData(Hook.Input)]
    [InlineData(Hook.Forward)]
    public void The_kernel_agrees_on_random_rules_and_packets(Hook hook)
    {
        KernelRequired.Privileges();
        Check(Scenarios(hook, packets: 300), Scale.Of(60), useKernel: true);
    }

    [Theory]
    [InlineData(Hook.Input)]
    [InlineData(Hook.Forward)]
    public void What_the_program_cannot_read_is_deferred_or_does_not_matter(Hook hook) =>
        Gen.Select(Scenarios(hook, packets: 200), Gen.Int[14, 120].Array[200]).Sample(
            (scenario, lengths) =>
            {
                if (EngineComparison.LinearFault(scenario, lengths) is not { } fault) { return; }
                var (smallest, reason) = Reduction.Reduce((Scenario: scenario, Lengths: lengths), fault, Smaller, c => EngineComparison.LinearFault(c.Scenario, c.Lengths));
                Assert.Fail($"{reason}\n{smallest.Scenario}");
            },
            iter: Scale.Of(100),
            threads: 1,
            print: _ => "");

    /// <summary>Each packet keeps its length.</summary>
    private static IEnumerable<(Scenario Scenario, int[] Lengths)> Smaller((Scenario Scenario, int[] Lengths) given) => given.Scenario.Packets.Length > 1
        ? given.Lengths.Select((length, i) => (given.Scenario with { Packets = [given.Scenario.Packets[i]] }, (int[])[length]))
        : given.Scenario.Smaller().Select(scenario => (scenario, given.Lengths));

    private static void Check(Gen<Scenario> scenarios, int count, bool useKernel) => scenarios.Sample(
        scenario =>
        {
            if (EngineComparison.Fault(scenario, useKernel) is not { } fault) { return; }
            var (smallest, reason) = Reduction.Reduce(scenario, fault, s => s.Smaller(), s => EngineComparison.Fault(s, useKernel));
            Assert.Fail($"{reason}\n{smallest}");
        },
        iter: count,
        threads: 1,
        print: _ => "");

    private static Gen<Scenario> Scenarios(Hook hook, int packets) =>
        from families in Gen.OneOf<Family[]>([Family.IPv4], [Family.IPv6], [Family.IPv4, Family.IPv6])
        from four in RuleSets.Of(Family.IPv4, hook)
        from six in RuleSets.Of(Family.IPv6, hook)
        from situation in Situations(hook)
        from arrivals in Gen.OneOf(Arrivals.Any(Family.IPv4), Arrivals.Any(Family.IPv6), Arrivals.Any(families[0])).Array[packets]
        select new Scenario(
            families.Contains(Family.IPv4) ? four : null, families.Contains(Family.IPv6) ? six : null, situation, [.. arrivals]);

    private static Gen<Situation> Situations(Hook hook) => Gen.Select(
        Gen.OneOf<string?>(null, null, "eth0", "eth1", "lo"),
        Gen.OneOf<string?>(null, "eth0", "eth1"),
        Gen.Bool,
        Gen.OneOf<Budgets?>(null, Tiny),
        (device, output, defragments, budgets) => new Situation(hook, device, output, defragments, budgets));
}
