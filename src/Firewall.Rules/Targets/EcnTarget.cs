using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j ECN</c>: writes the explicit congestion notification bits of IP and TCP headers (net/ipv4/netfilter/ipt_ECN.c).</summary>
/// <param name="TcpEce">What the TCP echo bit becomes; null to leave it.</param>
/// <param name="TcpCwr">What the bit for a reduced window becomes; null to leave it.</param>
/// <param name="IPEct">What the two bits in the IP header become; null to leave them.</param>
public sealed record EcnTarget(uint? TcpEce, uint? TcpCwr, uint? IPEct) : ModuleTarget
{
    private static readonly Flag TcpRemove = Option.Flag("--ecn-tcp-remove");
    private static readonly Option<uint> TcpCwrOption = Option.Value("--ecn-tcp-cwr", Values.Number(1));
    private static readonly Option<uint> TcpEceOption = Option.Value("--ecn-tcp-ece", Values.Number(1));
    private static readonly Option<uint> IPEctOption = Option.Value("--ecn-ip-ect", Values.Number(3));

    public static readonly TargetModule Module = new("ECN")
    {
        Summary = "Writes the explicit congestion notification bits of IP and TCP headers.",
        OnlyFamily = Family.IPv4,
        Tables = ["mangle"],
        Options = [TcpRemove, TcpCwrOption, TcpEceOption, IPEctOption],
        Create = Read,
        Examples =
        [
            Accepts("-j ECN --ecn-ip-ect 0"),
            Accepts("-p tcp -j ECN --ecn-tcp-remove"),
            Accepts("-p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 0", prints: "-p tcp -j ECN --ecn-tcp-remove"),
            Accepts("-p tcp -j ECN --ecn-ip-ect 3 --ecn-tcp-cwr 0 --ecn-tcp-ece 1", prints: "-p tcp -j ECN --ecn-tcp-ece 1 --ecn-tcp-cwr 0 --ecn-ip-ect 3"),
            Accepts("-p tcp -j ECN --ecn-tcp-remove --ecn-ip-ect 1", prints: "-p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect 1"),
            Rejects("-j ECN"),
            Rejects("-j ECN --ecn-ip-ect 4"),
            Rejects("-p tcp -j ECN --ecn-tcp-cwr 2"),
            Rejects("-p tcp -j ECN --ecn-tcp-remove --ecn-tcp-ece 1"),
            Rejects("-p udp -j ECN --ecn-tcp-remove"),
            Rejects("! -p tcp -j ECN --ecn-tcp-cwr 1"),
            Rejects("-p tcp -j ECN --ecn-tcp-remove").At("filter", "INPUT"),
            Does("-j ECN --ecn-ip-ect 1", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (this is { TcpEce: 0, TcpCwr: 0, IPEct: null })
        {
            writer.Write(TcpRemove);
            return;
        }

        if (TcpEce is { } ece) { writer.Write(TcpEceOption, $"{ece}"); }
        if (TcpCwr is { } cwr) { writer.Write(TcpCwrOption, $"{cwr}"); }
        if (IPEct is { } ect) { writer.Write(IPEctOption, $"{ect}"); }
    }

    private static EcnTarget? Read(GivenOptions given)
    {
        var tcp = given.Has(TcpRemove) ? TcpRemove : given.Has(TcpCwrOption) ? TcpCwrOption : given.Has(TcpEceOption) ? (Option)TcpEceOption : null;
        if (tcp is null && !given.Has(IPEctOption))
        {
            given.Fail(null, "nothing to do: one of --ecn-tcp-remove, --ecn-tcp-cwr, --ecn-tcp-ece and --ecn-ip-ect is missing");
            return null;
        }

        var ect = given.Get(IPEctOption)?.Value;
        if (tcp is not null && !given.HasProtocol(tcp, Protocols.Tcp)) { return null; }
        if (!given.Has(TcpRemove)) { return new(given.Get(TcpEceOption)?.Value, given.Get(TcpCwrOption)?.Value, ect); }
        given.AtMostOne([TcpRemove, given.Has(TcpCwrOption) ? TcpCwrOption : TcpEceOption], out var isAlone);
        return isAlone ? new(0, 0, ect) : null;
    }
}
