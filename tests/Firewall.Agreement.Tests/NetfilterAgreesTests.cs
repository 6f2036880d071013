using CsCheck;
using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Probe;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Xunit.Abstractions;

namespace Firewall.Agreement.Tests;

/// <summary>Random rule sets and packets: the program at the netfilter hook takes the verdicts of the kernel's own iptables and counts the same.</summary>
public sealed class NetfilterAgreesTests(ITestOutputHelper output)
{
    private const int Packets = 300;

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Forward)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Forward)]
    public void The_program_at_the_hook_decides_and_counts_as_iptables_does(Family family, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        var feature = KernelFeatures.Read().Netfilter;
        Skip.IfNot(feature.IsAvailable, feature.Reason);
        using var referee = Create(family, hook);
        using var other = Create(family, hook);
        var comparison = new HookComparison(referee, other);
        Cases(family, hook).Sample(
            given =>
            {
                if (comparison.Fault(given) is not { } fault) { return; }
                var (smallest, reason) = Reduction.Reduce(given, fault, c => c.Smaller(), comparison.Fault);
                Assert.Fail($"{reason}\n{smallest}");
            },
            iter: Scale.Of(30),
            threads: 1,
            print: _ => "");
        output.WriteLine($"{comparison.Sent} packets");
    }

    private static OracleHost Create(Family family, Hook hook) =>
        OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: hook == Hook.Forward);

    private static Gen<OracleCase> Cases(Family family, Hook hook) => Gen.Select(
        RuleSets.Of(family, hook),
        Arrivals.Delivered(family, hook).Array[Packets],
        (rules, packets) => new OracleCase(rules, packets));
}
