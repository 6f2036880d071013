using System.Collections.Immutable;
using Firewall.Agreement.Tests.Generation;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests.Facts;

/// <summary>A packet of a <see cref="Fact"/> and what becomes of it.</summary>
/// <param name="Verdict">
/// As in reference/semantics.md: A accept, D drop; then the number of the rule in the built-in chain, <c>chain:n</c> in a user chain, p for the policy,
/// h for a hotdrop. <c>?reason</c> is left to the kernel.
/// </param>
/// <param name="Device">The interface it comes in by.</param>
internal sealed record Case(Packet Packet, string Verdict, string Device = "eth0");

/// <summary>Something that was observed of the kernel: rules, packets, verdicts.</summary>
/// <param name="Id">Its row in reference/semantics.md.</param>
/// <param name="Rules">Lines in the shorthand of that table: <c>P CHAIN POLICY</c>, <c>N chain</c>, and rules; policies are ACCEPT otherwise.</param>
internal sealed record Fact(string Id, Family Family, Hook Hook, ImmutableArray<string> Rules, ImmutableArray<Case> Cases)
{
    private const string Elsewhere4 = "203.0.113.9";
    private const string Elsewhere6 = "2001:db8:2::9";

    public static Fact Input(string id, string rules, params ReadOnlySpan<Case> cases) => New(id, Family.IPv4, Hook.Input, rules, cases);

    public static Fact Forward(string id, string rules, params ReadOnlySpan<Case> cases) => New(id, Family.IPv4, Hook.Forward, rules, cases);

    public static Fact Input6(string id, string rules, params ReadOnlySpan<Case> cases) => New(id, Family.IPv6, Hook.Input, rules, cases);

    public static Fact Forward6(string id, string rules, params ReadOnlySpan<Case> cases) => New(id, Family.IPv6, Hook.Forward, rules, cases);

    public static Case Of(Packet packet, string verdict, string device = "eth0") => new(packet, verdict, device);

    /// <summary>The rules as a file for iptables-restore.</summary>
    public string File
    {
        get
        {
            var given = Rules.Where(line => line.StartsWith("P ", StringComparison.Ordinal)).Select(line => line[2..]).ToList();
            var policies = (given.Count > 0 ? given : [$"{Hook.ChainName()} ACCEPT"]).Select(policy => $":{policy} [0:0]");
            var chains = Rules.Where(line => line.StartsWith("N ", StringComparison.Ordinal)).Select(line => $":{line[2..]} - [0:0]");
            var rules = Rules.Where(line => line[0] == '-');
            return string.Join('\n', ["*filter", .. policies, .. chains, .. rules, "COMMIT", ""]);
        }
    }

    public string? OutInterface => Hook == Hook.Forward ? "eth1" : null;

    /// <summary>The packet on its way: to somewhere else when it is to be forwarded.</summary>
    public Arrival Arrival(Case given)
    {
        var packet = Hook == Hook.Input ? given.Packet : given.Packet.To(given.Packet.Family == Family.IPv4 ? Elsewhere4 : Elsewhere6);
        return new Arrival(packet, given.Device, OutInterface);
    }

    private static Fact New(string id, Family family, Hook hook, string rules, ReadOnlySpan<Case> cases) =>
        new(id, family, hook, [.. rules.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)], [.. cases]);
}
