using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j CHECKSUM</c>: computes the checksum that a device should have filled in (net/netfilter/xt_CHECKSUM.c).</summary>
public sealed record ChecksumTarget : ModuleTarget
{
    private static readonly Flag Fill = Option.Flag("--checksum-fill").Required();

    public static readonly TargetModule Module = new("CHECKSUM")
    {
        Summary = "Fills in a transport checksum that was left to the device.",
        Tables = ["mangle"],
        Options = [Fill],
        Create = _ => new ChecksumTarget(),
        Examples =
        [
            Accepts("-j CHECKSUM --checksum-fill"),
            Accepts("-p udp -j CHECKSUM --checksum-fill").In(Family.IPv6),
            Rejects("-j CHECKSUM"),
            Rejects("-j CHECKSUM --checksum-fill --checksum-fill"),
            Rejects("-j CHECKSUM --checksum-fill").At("filter", "INPUT"),
            Does("-j CHECKSUM --checksum-fill", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(Fill);
}
