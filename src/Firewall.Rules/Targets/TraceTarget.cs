using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TRACE</c>: the kernel logs every rule that the packet matches (net/netfilter/xt_TRACE.c).</summary>
public sealed record TraceTarget : ModuleTarget
{
    public static readonly TargetModule Module = new("TRACE")
    {
        Summary = "Makes the kernel log every rule that the packet matches.",
        Tables = ["raw"],
        Options = [],
        Create = _ => new TraceTarget(),
        Examples =
        [
            Accepts("-j TRACE"),
            Accepts("-j TRACE").In(Family.IPv6).At("raw", "OUTPUT"),
            Rejects("-j TRACE --all"),
            Rejects("-j TRACE").At("filter", "INPUT"),
            Does("-j TRACE", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
    }
}
