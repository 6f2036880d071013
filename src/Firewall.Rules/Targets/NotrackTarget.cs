using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j NOTRACK</c>: connection tracking does not see the packet (net/netfilter/xt_CT.c, <c>notrack_tg</c>).</summary>
public sealed record NotrackTarget : ModuleTarget
{
    public static readonly TargetModule Module = new("NOTRACK")
    {
        Summary = "Keeps the packet from connection tracking.",
        Tables = ["raw"],
        Options = [],
        Create = _ => new NotrackTarget(),
        Examples =
        [
            Accepts("-j NOTRACK"),
            Accepts("-j NOTRACK").In(Family.IPv6).At("raw", "OUTPUT"),
            Rejects("-j NOTRACK --notrack"),
            Rejects("-j NOTRACK").At("mangle", "PREROUTING"),
            Does("-j NOTRACK", new Untrack()),
        ],
    };

    public override Effect Effect => new Untrack();

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
    }
}
