using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TEE</c>: another host gets a copy of the packet; the next rule is looked at (net/netfilter/xt_TEE.c).</summary>
/// <param name="Gateway">A host of a network that this one is in.</param>
/// <param name="OutInterface">The device that the copy leaves by; empty for what the route says.</param>
/// <param name="Family">How addresses are printed.</param>
public sealed record TeeTarget(UInt128 Gateway, string OutInterface, Family Family) : ModuleTarget
{
    private static readonly Option<UInt128> GatewayOption = Option.Value("--gateway", Values.Host).Required();
    private static readonly Option<string> OutInterfaceOption = Option.Value("--oif", Values.CutText(InterfaceNames.MaximumLength, shortest: 0));

    public static readonly TargetModule Module = new("TEE")
    {
        Summary = "Sends a copy of the packet to another host.",
        Options = [GatewayOption, OutInterfaceOption],
        Create = Read,
        Examples =
        [
            Accepts("-j TEE --gateway 10.0.0.1"),
            Accepts("-j TEE --oif eth0 --gateway 010.1", prints: "-j TEE --gateway 8.0.0.1 --oif eth0"),
            Accepts("-j TEE --gateway 10.0.0.1 --oif 0123456789012345", prints: "-j TEE --gateway 10.0.0.1 --oif 012345678901234"),
            Accepts("-j TEE --gateway 2001:DB8::1 --oif lo", prints: "-j TEE --gateway 2001:db8::1 --oif lo").In(Family.IPv6),
            Rejects("-j TEE"),
            Rejects("-j TEE --gateway 0.0.0.0"),
            Rejects("-j TEE --gateway 10.0.0.1/8"),
            Rejects("-j TEE --gateway 2001:db8::1"),
            Rejects("-j TEE --gateway ::").In(Family.IPv6),
            Does("-j TEE --gateway 10.0.0.1", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(GatewayOption, AddressText.Format(Gateway, Family));
        if (OutInterface.Length > 0) { writer.Write(OutInterfaceOption, Quoting.QuoteWord(OutInterface)); }
    }

    private static TeeTarget? Read(GivenOptions given)
    {
        if (given.Get(GatewayOption) is not { } gateway) { return null; }
        if (gateway.Value != 0) { return new(gateway.Value, given.Get(OutInterfaceOption, "").Value, given.Context.Family); }
        given.Fail(GatewayOption, "no host has the address of all zeros");
        return null;
    }
}
