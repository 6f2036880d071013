using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j MASQUERADE</c>: the connection comes from the address of the device it leaves by (net/netfilter/xt_MASQUERADE.c).</summary>
/// <param name="Ports">Ports to choose from; null for any.</param>
/// <param name="IsRandom">They are chosen at random.</param>
/// <param name="IsFullyRandom">So with a better generator.</param>
public sealed record MasqueradeTarget(NatPorts? Ports, bool IsRandom, bool IsFullyRandom) : ModuleTarget
{
    private static readonly Option<NatPorts> ToPorts = Option.Value("--to-ports", Values.NatPortRange);
    private static readonly Flag Random = Option.Flag("--random");
    private static readonly Flag RandomFully = Option.Flag("--random-fully");

    public static readonly TargetModule Module = new("MASQUERADE")
    {
        Summary = "Translates the source of a connection to the address of the device it leaves by.",
        Tables = ["nat"],
        Chains = ["POSTROUTING"],
        Options = [ToPorts, Random, RandomFully],
        Create = Read,
        Examples =
        [
            Accepts("-j MASQUERADE"),
            Accepts("-p tcp -j MASQUERADE --to-ports 80-90"),
            Accepts("-p tcp -j MASQUERADE --to-ports ftp-data", prints: "-p tcp -j MASQUERADE --to-ports 20"),
            Accepts("-p icmp -j MASQUERADE --to-ports 80-80", prints: "-p icmp -j MASQUERADE --to-ports 80"),
            Accepts("-p udp -j MASQUERADE --random-fully --random --to-ports 0x50", prints: "-p udp -j MASQUERADE --to-ports 80 --random --random-fully").In(Family.IPv6),
            Rejects("-j MASQUERADE --to-ports 80"),
            Rejects("-p gre -j MASQUERADE --to-ports 80"),
            Rejects("-p tcp -j MASQUERADE --to-ports 90-80"),
            Rejects("-p tcp -j MASQUERADE --to-ports 80:90"),
            Rejects("-p tcp -j MASQUERADE --to-ports 65536"),
            Rejects("-j MASQUERADE --persistent"),
            Rejects("-j MASQUERADE").At("nat", "OUTPUT"),
            Rejects("-j MASQUERADE").At("filter", "FORWARD"),
            Does("-j MASQUERADE", new LeaveToKernel(DeferReason.Nat)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Nat);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Ports is { } ports) { writer.Write(ToPorts, $"{ports}"); }
        if (IsRandom) { writer.Write(Random); }
        if (IsFullyRandom) { writer.Write(RandomFully); }
    }

    private static MasqueradeTarget? Read(GivenOptions given)
    {
        var ports = given.Get(ToPorts)?.Value;
        if (given.Errors.Count > 0 || (ports is not null && !NatOptions.HasPorts(given, ToPorts))) { return null; }
        return new(NatOptions.WithoutBase(ports), given.Has(Random), given.Has(RandomFully));
    }
}
