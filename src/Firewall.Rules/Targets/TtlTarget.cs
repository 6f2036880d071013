using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TTL</c>: changes the time to live (net/netfilter/xt_HL.c).</summary>
/// <param name="Operation">Whether it is set or counted on.</param>
/// <param name="By">The value, or by how much.</param>
public sealed record TtlTarget(HopOperation Operation, byte By) : ModuleTarget
{
    private static readonly HopChange Change = new("--ttl");

    public static readonly TargetModule Module = new("TTL")
    {
        Summary = "Changes the time to live.",
        OnlyFamily = Family.IPv4,
        Tables = ["mangle"],
        Options = Change.Options,
        Create = given => Change.Read(given) is { } read ? new TtlTarget(read.Operation, read.By) : null,
        Examples =
        [
            Accepts("-j TTL --ttl-set 0x10", prints: "-j TTL --ttl-set 16"),
            Accepts("-j TTL --ttl-dec 1"),
            Accepts("-j TTL --ttl-inc 255"),
            Rejects("-j TTL"),
            Rejects("-j TTL --ttl-set 256"),
            Rejects("-j TTL --ttl-dec 0"),
            Rejects("-j TTL --ttl-set 3 --ttl-inc 1"),
            Rejects("-j TTL --ttl-set 3").At("filter", "INPUT"),
            Does("-j TTL --ttl-set 3", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => Change.Print(writer, Operation, By);
}
