using CsCheck;
using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Tests;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Xunit.Abstractions;

namespace Firewall.Agreement.Tests;

/// <summary>Random rule sets and packets: the kernel's own iptables takes the same verdicts and counts the same.</summary>
public sealed class IptablesAgreesTests(ITestOutputHelper output)
{
    private const int Packets = 500;

    [SkippableTheory]
    [InlineData(Family.IPv4, Hook.Input)]
    [InlineData(Family.IPv4, Hook.Forward)]
    [InlineData(Family.IPv6, Hook.Input)]
    [InlineData(Family.IPv6, Hook.Forward)]
    public void Iptables_takes_the_same_verdicts_and_counts_the_same(Family family, Hook hook)
    {
        KernelRequired.Tools("ip", "iptables-legacy-restore", "iptables-legacy-save", "ip6tables-legacy-restore", "ip6tables-legacy-save");
        using var host = OracleHost.Create(family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6, forwarding: hook == Hook.Forward);
        var comparison = new OracleComparison(host);
        Cases(family, hook).Sample(
            given =>
            {
                if (comparison.Fault(given) is not { } fault) { return; }
                var (smallest, reason) = Reduction.Reduce(given, fault, c => c.Smaller(), c => comparison.Fault(c) is { } other && IsRefusal(other) == IsRefusal(fault) ? other : null);
                Assert.Fail($"{reason}\n{smallest}");
            },
            iter: Scale.Of(60),
            threads: 1,
            print: _ => "");
        output.WriteLine($"{comparison.Sent} packets");
    }

    /// <summary>Whether one loads what the other does not: another disagreement than about packets.</summary>
    private static bool IsRefusal(string fault) => fault.Contains("load", StringComparison.Ordinal);

    private static Gen<OracleCase> Cases(Family family, Hook hook) => Gen.Select(
        RuleSets.Of(family, hook),
        Arrivals.Delivered(family, hook).Array[Packets],
        (rules, packets) => new OracleCase(rules, packets));
}
