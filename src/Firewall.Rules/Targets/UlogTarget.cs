using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j ULOG</c>: NFLOG's predecessor. iptables 1.8.9 reads it, and kernels since 3.17 refuse the table (net/ipv4/netfilter/ipt_ULOG.c before).</summary>
/// <param name="Options">What listeners get.</param>
public sealed record UlogTarget(LogOptions Options) : ModuleTarget
{
    /// <summary>Bytes of a prefix: <c>ULOG_PREFIX_LEN</c> less its terminator.</summary>
    private const int LongestPrefix = 31;

    private static readonly Option<uint> Group = Option.Value("--ulog-nlgroup", Values.Number(32, minimum: 1));
    private static readonly Option<string> Prefix = Option.Value("--ulog-prefix", Values.CutText(LongestPrefix));
    private static readonly Option<uint> Range = Option.Value("--ulog-cprange", Values.Number(uint.MaxValue));
    private static readonly Option<uint> Threshold = Option.Value("--ulog-qthreshold", Values.Number(50, minimum: 1));

    public static readonly TargetModule Module = new("ULOG")
    {
        Summary = "Sends the packet to programs that listen on a netlink group, as kernels before 3.17 did.",
        OnlyFamily = Family.IPv4,
        Options = [Group, Prefix, Range, Threshold],
        Create = Read,
        Examples =
        [
            Accepts("-j ULOG"),
            Accepts("-j ULOG --ulog-nlgroup 1 --ulog-qthreshold 1 --ulog-cprange 0", prints: "-j ULOG"),
            Accepts("-j ULOG --ulog-qthreshold 5 --ulog-cprange 100 --ulog-nlgroup 0x2 --ulog-prefix \"p q\"",
                prints: "-j ULOG --ulog-prefix \"p q\" --ulog-nlgroup 2 --ulog-cprange 100 --ulog-qthreshold 5"),
            Rejects("-j ULOG --ulog-nlgroup 33"),
            Rejects("-j ULOG --ulog-qthreshold 0"),
            Does("-j ULOG --ulog-prefix in", new WriteLog(new LogOptions { Prefix = "in", Netlink = new NetlinkLog(1, Threshold: 1) })),
        ],
    };

    public override Effect Effect => new WriteLog(Options);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        var netlink = Options.Netlink!;
        if (Options.Prefix.Length > 0) { writer.WriteQuoted(Prefix, Options.Prefix); }
        if (netlink.Group != 1) { writer.Write(Group, $"{netlink.Group}"); }
        if (netlink.Size is { } size) { writer.Write(Range, $"{size}"); }
        if (netlink.Threshold != 1) { writer.Write(Threshold, $"{netlink.Threshold}"); }
    }

    private static UlogTarget Read(GivenOptions given)
    {
        var size = given.Get(Range, 0u).Value;
        var netlink = new NetlinkLog((int)given.Get(Group, 1u).Value, size == 0 ? null : size, (int)given.Get(Threshold, 1u).Value);
        return new(new LogOptions { Prefix = given.Get(Prefix, "").Value, Netlink = netlink });
    }
}
