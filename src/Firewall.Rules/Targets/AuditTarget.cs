using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j AUDIT</c>: the audit log gets a record; the next rule is looked at (net/netfilter/xt_AUDIT.c).</summary>
/// <param name="Type">What the record says of the packet: accept, drop or reject.</param>
public sealed record AuditTarget(string Type) : ModuleTarget
{
    private static readonly Option<string> TypeOption = Option.Value("--type", Values.Choice("audit-type", "accept", "drop", "reject")).Required();

    public static readonly TargetModule Module = new("AUDIT")
    {
        Summary = "Writes a record of the packet to the audit log.",
        Options = [TypeOption],
        Create = given => given.Get(TypeOption) is { } type ? new AuditTarget(type.Value) : null,
        Examples =
        [
            Accepts("-j AUDIT --type drop"),
            Accepts("-j AUDIT --type REJECT", prints: "-j AUDIT --type reject").In(Family.IPv6),
            Rejects("-j AUDIT"),
            Rejects("-j AUDIT --type acc"),
            Does("-j AUDIT --type drop", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(TypeOption, Type);
}
