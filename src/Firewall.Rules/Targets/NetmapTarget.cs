using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j NETMAP</c>: one network takes the place of another, host by host (net/netfilter/xt_NETMAP.c).</summary>
/// <param name="To">The network put in.</param>
/// <param name="Family">How addresses are printed.</param>
public sealed record NetmapTarget(HostPrefix To, Family Family) : ModuleTarget
{
    private static readonly Option<HostPrefix> ToOption = Option.Value("--to", Values.HostPrefix).Required();

    public static readonly TargetModule Module = new("NETMAP")
    {
        Summary = "Translates addresses of one network to those of another.",
        Tables = ["nat"],
        Chains = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        Options = [ToOption],
        Create = given => given.Get(ToOption) is { Value: var to }
            ? new NetmapTarget(to with { Address = to.Network(given.Context.Family) }, given.Context.Family)
            : null,
        Examples =
        [
            Accepts("-j NETMAP --to 10.0.0.0/8"),
            Accepts("-j NETMAP --to 10.1.2.3/255.255.0.0", prints: "-j NETMAP --to 10.1.0.0/16"),
            Accepts("-j NETMAP --to 10.0.0.0/255.0.255.0", prints: "-j NETMAP --to 10.0.0.0/32"),
            Accepts("-j NETMAP --to 10.1", prints: "-j NETMAP --to 10.0.0.1/32"),
            Accepts("-j NETMAP --to 10.0.0.0/0", prints: "-j NETMAP --to 0.0.0.0/0"),
            Accepts("-j NETMAP --to 2001:db8::1/64", prints: "-j NETMAP --to 2001:db8::/64").In(Family.IPv6),
            Accepts("-j NETMAP --to 2001:db8::/ffff:0:ffff::", prints: "-j NETMAP --to 2001:db8::/128").In(Family.IPv6),
            Rejects("-j NETMAP"),
            Rejects("-j NETMAP --to 10.0.0.0/"),
            Rejects("-j NETMAP --to 10.1.1.1/8/8"),
            Rejects("-j NETMAP --to 2001:db8::/129").In(Family.IPv6),
            Rejects("-j NETMAP --to 10.0.0.0/8").In(Family.IPv6),
            Rejects("-j NETMAP --to 10.0.0.0/8").At("mangle", "PREROUTING"),
            Does("-j NETMAP --to 10.0.0.0/8", new LeaveToKernel(DeferReason.Nat)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Nat);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(ToOption, $"{Matches.AddressText.Format(To.Address, Family)}/{To.Length}");
}
