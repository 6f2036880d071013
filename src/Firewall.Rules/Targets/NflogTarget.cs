using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j NFLOG</c>: programs that listen on a netlink group get the packet (net/netfilter/xt_NFLOG.c).</summary>
/// <param name="Options">What they get.</param>
/// <param name="Range">The old <c>--nflog-range</c>, which the kernel stores and never looks at; 0 for none.</param>
public sealed record NflogTarget(LogOptions Options, uint Range) : ModuleTarget
{
    private static readonly Option<uint> Group = Option.Value("--nflog-group", Values.Number(ushort.MaxValue));
    private static readonly Option<string> Prefix = Option.Value("--nflog-prefix", Values.CutText(LogOptions.LongestNetlinkPrefix));
    private static readonly Option<uint> RangeOption = Option.Value("--nflog-range", Values.Number(uint.MaxValue));
    private static readonly Option<uint> Size = Option.Value("--nflog-size", Values.Number(uint.MaxValue));
    private static readonly Option<uint> Threshold = Option.Value("--nflog-threshold", Values.Number(ushort.MaxValue));

    public static readonly TargetModule Module = new("NFLOG")
    {
        Summary = "Sends the packet to programs that listen on a netlink group; the next rule is looked at.",
        Options = [Group, Prefix, RangeOption, Size, Threshold],
        Create = Read,
        Examples =
        [
            Accepts("-j NFLOG"),
            Accepts("-j NFLOG --nflog-group 0", prints: "-j NFLOG"),
            Accepts("-j NFLOG --nflog-group 0x5", prints: "-j NFLOG --nflog-group 5"),
            Accepts("-j NFLOG --nflog-size 0").In(Family.IPv6),
            Accepts("-j NFLOG --nflog-range 10"),
            Accepts("-j NFLOG --nflog-threshold 0", prints: "-j NFLOG"),
            Accepts("-j NFLOG --nflog-threshold 5 --nflog-size 3 --nflog-prefix \"p q\" --nflog-group 7",
                prints: "-j NFLOG --nflog-prefix \"p q\" --nflog-group 7 --nflog-size 3 --nflog-threshold 5"),
            Rejects("-j NFLOG --nflog-group 65536"),
            Rejects("-j NFLOG --nflog-prefix \"\""),
            Rejects("-j NFLOG --nflog-size 10 --nflog-range 11"),
            Rejects("-j NFLOG --nflog-threshold 65536"),
            Does("-j NFLOG --nflog-group 2 --nflog-prefix in --nflog-size 64",
                new WriteLog(new LogOptions { Prefix = "in", Netlink = new NetlinkLog(2, Size: 64) })),
            Does("-j NFLOG --nflog-range 10", new WriteLog(new LogOptions { Netlink = new NetlinkLog(0) })).In(Family.IPv6),
        ],
    };

    public override Effect Effect => new WriteLog(Options);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        var netlink = Options.Netlink!;
        if (Options.Prefix.Length > 0) { writer.WriteQuoted(Prefix, Options.Prefix); }
        if (netlink.Group != 0) { writer.Write(Group, $"{netlink.Group}"); }
        if (netlink.Size is { } size) { writer.Write(Size, $"{size}"); }
        if (Range != 0) { writer.Write(RangeOption, $"{Range}"); }
        if (netlink.Threshold != 0) { writer.Write(Threshold, $"{netlink.Threshold}"); }
    }

    private static NflogTarget? Read(GivenOptions given)
    {
        given.AtMostOne([RangeOption, Size], out var isAtMostOne);
        if (!isAtMostOne) { return null; }
        var netlink = new NetlinkLog((int)given.Get(Group, 0u).Value, given.Get(Size)?.Value, (int)given.Get(Threshold, 0u).Value);
        return new(new LogOptions { Prefix = given.Get(Prefix, "").Value, Netlink = netlink }, given.Get(RangeOption, 0u).Value);
    }
}
