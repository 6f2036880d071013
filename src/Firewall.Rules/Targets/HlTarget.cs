using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j HL</c>: changes the hop limit (net/netfilter/xt_HL.c).</summary>
/// <param name="Operation">Whether it is set or counted on.</param>
/// <param name="By">The value, or by how much.</param>
public sealed record HlTarget(HopOperation Operation, byte By) : ModuleTarget
{
    private static readonly HopChange Change = new("--hl");

    public static readonly TargetModule Module = new("HL")
    {
        Summary = "Changes the hop limit.",
        OnlyFamily = Family.IPv6,
        Tables = ["mangle"],
        Options = Change.Options,
        Create = given => Change.Read(given) is { } read ? new HlTarget(read.Operation, read.By) : null,
        Examples =
        [
            Accepts("-j HL --hl-set 0x10", prints: "-j HL --hl-set 16").In(Family.IPv6),
            Accepts("-j HL --hl-dec 1").In(Family.IPv6),
            Accepts("-j HL --hl-inc 255").In(Family.IPv6),
            Rejects("-j HL").In(Family.IPv6),
            Rejects("-j HL --hl-set 256").In(Family.IPv6),
            Rejects("-j HL --hl-dec 0").In(Family.IPv6),
            Rejects("-j HL --hl-set 3 --hl-inc 1").In(Family.IPv6),
            Rejects("-j HL --hl-set 3").In(Family.IPv6).At("filter", "INPUT"),
            Does("-j HL --hl-set 3", new LeaveToKernel(DeferReason.Target)).In(Family.IPv6),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => Change.Print(writer, Operation, By);
}
