using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j SECMARK</c>: gives the packet a security context (net/netfilter/xt_SECMARK.c). Kernels without SELinux refuse the table.</summary>
public sealed record SecmarkTarget(string Context) : ModuleTarget
{
    /// <summary>Bytes of a context: <c>SECMARK_SECCTX_MAX</c> less its terminator.</summary>
    private const int LongestContext = 255;

    private static readonly Option<string> Selctx = Option.Value("--selctx", Values.CutText(LongestContext)).Required();

    public static readonly TargetModule Module = new("SECMARK")
    {
        Summary = "Gives the packet a security context.",
        Tables = ["mangle", "security"],
        Options = [Selctx],
        Create = given => given.Get(Selctx) is { } context ? new SecmarkTarget(context.Value) : null,
        Examples =
        [
            Accepts("-j SECMARK --selctx system_u:object_r:httpd_packet_t:s0"),
            Accepts("-j SECMARK --selctx \"a\"", prints: "-j SECMARK --selctx a").In(Family.IPv6).At("security", "INPUT"),
            Rejects("-j SECMARK"),
            Rejects("-j SECMARK --selctx a").At("filter", "INPUT"),
            Does("-j SECMARK --selctx a", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(Selctx, Quoting.QuoteWord(Context));
}
