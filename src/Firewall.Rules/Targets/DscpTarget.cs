using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j DSCP</c>: writes the differentiated services code point (net/netfilter/xt_DSCP.c).</summary>
public sealed record DscpTarget(byte CodePoint) : ModuleTarget
{
    private static readonly Option<uint> SetDscp = Option.Value("--set-dscp", Values.Number(63));
    private static readonly Option<byte> SetDscpClass = Option.Value("--set-dscp-class", Values.DscpClass);

    public static readonly TargetModule Module = new("DSCP")
    {
        Summary = "Writes the differentiated services code point.",
        Tables = ["mangle"],
        Options = [SetDscp, SetDscpClass],
        Create = Read,
        Examples =
        [
            Accepts("-j DSCP --set-dscp 0x3f"),
            Accepts("-j DSCP --set-dscp 3", prints: "-j DSCP --set-dscp 0x03").In(Family.IPv6),
            Accepts("-j DSCP --set-dscp-class ef", prints: "-j DSCP --set-dscp 0x2e"),
            Rejects("-j DSCP"),
            Rejects("-j DSCP --set-dscp 64"),
            Rejects("-j DSCP --set-dscp-class foo"),
            Rejects("-j DSCP --set-dscp 3 --set-dscp-class EF"),
            Rejects("-j DSCP --set-dscp 3").At("filter", "INPUT"),
            Does("-j DSCP --set-dscp 3", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(SetDscp, $"0x{CodePoint:x2}");

    private static DscpTarget? Read(GivenOptions given)
    {
        if (given.TheOne(SetDscp, SetDscpClass) is null) { return null; }
        return given.Get(SetDscp) is { } number ? new((byte)number.Value) : given.Get(SetDscpClass) is { } named ? new(named.Value) : null;
    }
}
