using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j CONNSECMARK</c>: copies security contexts between packet and connection (net/netfilter/xt_CONNSECMARK.c).</summary>
/// <param name="IsSave">From the packet to the connection, not back.</param>
public sealed record ConnsecmarkTarget(bool IsSave) : ModuleTarget
{
    private static readonly Flag Save = Option.Flag("--save");
    private static readonly Flag Restore = Option.Flag("--restore");

    public static readonly TargetModule Module = new("CONNSECMARK")
    {
        Summary = "Copies security contexts between the packet and its connection.",
        Tables = ["mangle", "security"],
        Options = [Save, Restore],
        Create = given => given.TheOne(Save, Restore) is { } option ? new ConnsecmarkTarget(ReferenceEquals(option, Save)) : null,
        Examples =
        [
            Accepts("-j CONNSECMARK --save"),
            Accepts("-j CONNSECMARK --restore").In(Family.IPv6),
            Accepts("-j CONNSECMARK --rest", prints: "-j CONNSECMARK --restore").At("security", "OUTPUT"),
            Rejects("-j CONNSECMARK"),
            Rejects("-j CONNSECMARK --save --restore"),
            Rejects("-j CONNSECMARK --save").At("filter", "INPUT"),
            Does("-j CONNSECMARK --save", new LeaveToKernel(DeferReason.Connection)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Connection);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(IsSave ? Save : Restore);
}
