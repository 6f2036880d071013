using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j SYNPROXY</c>: the kernel answers SYN segments itself and opens the connection once the client is real (net/ipv4/netfilter/ipt_SYNPROXY.c).</summary>
/// <param name="SackPermitted">It offers selective acknowledgements.</param>
/// <param name="Timestamp">It offers timestamps.</param>
/// <param name="WindowScale">It offers to scale the window; null for not.</param>
/// <param name="Size">The maximum segment size it offers; null for none.</param>
/// <param name="Ecn">It offers explicit congestion notification.</param>
public sealed record SynproxyTarget(bool SackPermitted, bool Timestamp, byte? WindowScale, ushort? Size, bool Ecn) : ModuleTarget
{
    private static readonly Flag SackPerm = Option.Flag("--sack-perm");
    private static readonly Flag TimestampFlag = Option.Flag("--timestamp");
    private static readonly Option<uint> Wscale = Option.Value("--wscale", Values.Number(uint.MaxValue));
    private static readonly Option<uint> Mss = Option.Value("--mss", Values.Number(uint.MaxValue));
    private static readonly Flag EcnFlag = Option.Flag("--ecn");

    public static readonly TargetModule Module = new("SYNPROXY")
    {
        Summary = "Answers SYN segments and opens the connection once the client is real.",
        Chains = ["INPUT", "FORWARD"],
        Protocols = [Protocols.Tcp],
        Options = [SackPerm, TimestampFlag, Wscale, Mss, EcnFlag],
        Create = Read,
        Examples =
        [
            Accepts("-p tcp -j SYNPROXY"),
            Accepts("-p tcp -j SYNPROXY --ecn --mss 0x5 --wscale 3 --timestamp --sack-perm", prints: "-p tcp -j SYNPROXY --sack-perm --timestamp --wscale 3 --mss 5 --ecn"),
            Accepts("-p tcp -j SYNPROXY --wscale 256 --mss 65537", prints: "-p tcp -j SYNPROXY --wscale 0 --mss 1").In(Family.IPv6).At("mangle", "FORWARD"),
            Rejects("-j SYNPROXY"),
            Rejects("-p udp -j SYNPROXY"),
            Rejects("-p tcp -j SYNPROXY --mss 4294967296"),
            Rejects("-p tcp -j SYNPROXY").At("raw", "PREROUTING"),
            Rejects("-p tcp -j SYNPROXY").At("filter", "OUTPUT"),
            Does("-p tcp -j SYNPROXY", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (SackPermitted) { writer.Write(SackPerm); }
        if (Timestamp) { writer.Write(TimestampFlag); }
        if (WindowScale is { } scale) { writer.Write(Wscale, $"{scale}"); }
        if (Size is { } size) { writer.Write(Mss, $"{size}"); }
        if (Ecn) { writer.Write(EcnFlag); }
    }

    /// <summary>iptables stores the lowest bits of the numbers.</summary>
    private static SynproxyTarget Read(GivenOptions given) =>
        new(given.Has(SackPerm), given.Has(TimestampFlag), (byte?)given.Get(Wscale)?.Value, (ushort?)given.Get(Mss)?.Value, given.Has(EcnFlag));
}
