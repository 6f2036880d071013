using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j LOG</c>: the kernel's log gets a line (net/netfilter/xt_LOG.c).</summary>
public sealed record LogTarget(LogOptions Options) : ModuleTarget
{
    private static readonly Option<int> Level = Option.Value("--log-level", Values.LogLevel);
    private static readonly Option<string> Prefix = Option.Value("--log-prefix", Values.CutText(LogOptions.LongestPrefix));
    private static readonly Flag TcpSequence = Option.Flag("--log-tcp-sequence");
    private static readonly Flag TcpOptions = Option.Flag("--log-tcp-options");
    private static readonly Flag IPOptions = Option.Flag("--log-ip-options");
    private static readonly Flag User = Option.Flag("--log-uid");
    private static readonly Flag DecodedMac = Option.Flag("--log-macdecode");

    public static readonly TargetModule Module = new("LOG")
    {
        Summary = "Writes a line about the packet to the kernel's log; the next rule is looked at.",
        Options = [Level, Prefix, TcpSequence, TcpOptions, IPOptions, User, DecodedMac],
        Create = Read,
        Examples =
        [
            Accepts("-j LOG"),
            Accepts("-j LOG --log-level warning", prints: "-j LOG"),
            Accepts("-j LOG --log-level debug", prints: "-j LOG --log-level 7"),
            Accepts("-j LOG --log-level 0x3", prints: "-j LOG --log-level 3").In(Family.IPv6),
            Accepts("-j LOG --log-level panic", prints: "-j LOG --log-level 0"),
            Accepts("-j LOG --log-prefix abc"),
            Accepts("-j LOG --log-prefix a:b", prints: "-j LOG --log-prefix \"a:b\""),
            Accepts("-j LOG --log-prefix \"a'b\"", prints: "-j LOG --log-prefix \"a\\'b\""),
            Accepts("-j LOG --log-prefix 012345678901234567890123456789", prints: "-j LOG --log-prefix 01234567890123456789012345678"),
            Accepts("-j LOG --log-uid --log-tcp-sequence --log-tcp-options --log-ip-options --log-macdecode --log-level 2 --log-prefix x",
                prints: "-j LOG --log-prefix x --log-level 2 --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode"),
            Rejects("-j LOG --log-level 8"),
            Rejects("-j LOG --log-level warn"),
            Rejects("-j LOG --log-level DEBUG"),
            Rejects("-j LOG --log-prefix \"\""),
            Does("-j LOG", new WriteLog(new LogOptions())),
            Does("-j LOG --log-prefix in --log-level 6 --log-uid", new WriteLog(new LogOptions { Prefix = "in", Level = 6, Details = LogDetails.User })).In(Family.IPv6),
        ],
    };

    private static readonly (Flag Flag, LogDetails Detail)[] Details =
    [
        (TcpSequence, LogDetails.TcpSequence), (TcpOptions, LogDetails.TcpOptions), (IPOptions, LogDetails.IPOptions),
        (User, LogDetails.User), (DecodedMac, LogDetails.DecodedMac),
    ];

    public override Effect Effect => new WriteLog(Options);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Options.Prefix.Length > 0) { writer.WriteQuoted(Prefix, Options.Prefix); }
        if (Options.Level != LogOptions.DefaultLevel) { writer.Write(Level, $"{Options.Level}"); }
        foreach (var (flag, detail) in Details)
        {
            if (Options.Shows(detail)) { writer.Write(flag); }
        }
    }

    private static LogTarget Read(GivenOptions given) => new(new LogOptions
    {
        Prefix = given.Get(Prefix, "").Value,
        Level = given.Get(Level, LogOptions.DefaultLevel).Value,
        Details = Details.Where(d => given.Has(d.Flag)).Aggregate(LogDetails.None, (all, d) => all | d.Detail),
    });
}
