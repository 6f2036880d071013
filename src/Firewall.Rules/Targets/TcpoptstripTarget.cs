using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TCPOPTSTRIP</c>: overwrites TCP options with no-operations (net/netfilter/xt_TCPOPTSTRIP.c).</summary>
/// <param name="Kinds">Which, upwards.</param>
public sealed record TcpoptstripTarget(EquatableArray<byte> Kinds) : ModuleTarget
{
    private static readonly Option<EquatableArray<byte>> StripOptions = Option.Value("--strip-options", Values.TcpOptionList);

    public static readonly TargetModule Module = new("TCPOPTSTRIP")
    {
        Summary = "Overwrites TCP options with no-operations.",
        Tables = ["mangle"],
        Protocols = [Protocols.Tcp],
        Options = [StripOptions],
        Create = given => new TcpoptstripTarget(given.Get(StripOptions, []).Value),
        Examples =
        [
            Accepts("-p tcp -j TCPOPTSTRIP"),
            Accepts("-p tcp -j TCPOPTSTRIP --strip-options 2,255"),
            Accepts("-p tcp -j TCPOPTSTRIP --strip-options timestamp,wscale,0x20", prints: "-p tcp -j TCPOPTSTRIP --strip-options 3,8,32").In(Family.IPv6),
            Rejects("-p tcp -j TCPOPTSTRIP --strip-options 1"),
            Rejects("-p tcp -j TCPOPTSTRIP --strip-options 256"),
            Rejects("-p tcp -j TCPOPTSTRIP --strip-options 7,7"),
            Rejects("-p tcp -j TCPOPTSTRIP --strip-options MSS"),
            Rejects("-p tcp -j TCPOPTSTRIP --strip-options 3,"),
            Rejects("-j TCPOPTSTRIP --strip-options 3"),
            Rejects("-p tcp -j TCPOPTSTRIP --strip-options 3").At("filter", "INPUT"),
            Does("-p tcp -j TCPOPTSTRIP --strip-options 3", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Kinds.Count > 0) { writer.Write(StripOptions, string.Join(',', Kinds)); }
    }
}
