using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Rendering;

/// <summary>A decision in words.</summary>
internal static class DecisionText
{
    /// <summary>What decided: <c>filter/INPUT rule 3 (line 12)</c>, a policy, a hotdrop, or why it was deferred.</summary>
    public static string Cause(Decision decision, HostRules rules) => decision switch
    {
        { Reason: { } reason } => $"{reason.Text()}: {Explain(reason)}",
        { IsHotdrop: true } => "hotdrop: a rule found the packet malformed",
        { Rule: { } rule } => rule.ToString(),
        _ => $"policy of {rules.Hook.ChainName()}",
    };

    /// <summary>Why a packet is left to the kernel, as one phrase.</summary>
    public static string Explain(DeferReason reason) => reason switch
    {
        DeferReason.NotIp => "neither IPv4 nor IPv6; iptables never sees it",
        DeferReason.NoRulesForFamily => "no rules were given for its family",
        DeferReason.Stack => "malformed; the IP stack drops it anyway",
        DeferReason.Fragment => "a fragment; the kernel reassembles before the chain",
        DeferReason.Vlan => "tagged for a VLAN",
        DeferReason.OutInterface => "a rule asks for the output interface, which is not known",
        DeferReason.Ttl => "its TTL runs out here; the stack answers before the chain",
        DeferReason.Truncated => "cut short before the bytes a rule asks for",
        DeferReason.InInterface => "a rule asks for the input interface, which is not known",
        DeferReason.Destination => "its destination belongs to the other chain",
        DeferReason.Dhcp => "an answer of a DHCP server; always passes",
        _ => reason.Why(),
    };
}
