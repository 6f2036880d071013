using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j SNPT</c>: translates the prefix of the source without keeping state (net/ipv6/netfilter/ip6t_NPT.c, RFC 6296).</summary>
public sealed record SnptTarget(HostPrefix From, HostPrefix To) : ModuleTarget
{
    public static readonly TargetModule Module = new("SNPT")
    {
        Summary = "Translates the prefix of the source without keeping state.",
        OnlyFamily = Family.IPv6,
        Tables = ["mangle"],
        Chains = ["INPUT", "POSTROUTING"],
        Options = PrefixTranslation.Options,
        Create = given => PrefixTranslation.Read(given) is { } read ? new SnptTarget(read.From, read.To) : null,
        Examples =
        [
            Accepts("-j SNPT --src-pfx 2001:db8::/48 --dst-pfx 2001:db9::/64").In(Family.IPv6),
            Accepts("-j SNPT --dst-pfx 2001:DB9::/ffff:ffff:: --src-pfx ::/64", prints: "-j SNPT --src-pfx ::/64 --dst-pfx 2001:db9::/32").In(Family.IPv6),
            Accepts("-j SNPT --src-pfx 2001:db8:0:1::/64 --dst-pfx ::/48").In(Family.IPv6),
            Rejects("-j SNPT --src-pfx 2001:db8::/64").In(Family.IPv6),
            Rejects("-j SNPT --src-pfx 2001:db8::/65 --dst-pfx 2001:db9::/65").In(Family.IPv6),
            Rejects("-j SNPT --src-pfx 2001:db8::1/64 --dst-pfx 2001:db9::/64").In(Family.IPv6),
            Rejects("-j SNPT --src-pfx 2001:db8:: --dst-pfx 2001:db9::/64").In(Family.IPv6),
            Rejects("-j SNPT --src-pfx 10.0.0.0/8 --dst-pfx 2001:db9::/64").In(Family.IPv6),
            Rejects("-j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db9::/64").In(Family.IPv6).At("mangle", "FORWARD"),
            Rejects("-j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db9::/64").In(Family.IPv6).At("nat", "POSTROUTING"),
            Does("-j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db9::/64", new LeaveToKernel(DeferReason.Nat)).In(Family.IPv6),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Nat);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => PrefixTranslation.Print(writer, From, To);
}
