using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j SNAT</c>: the connection comes from another address or port (net/netfilter/xt_nat.c, <c>xt_snat_target_v1</c>).</summary>
/// <param name="To">What it comes from.</param>
/// <param name="Family">How addresses are printed.</param>
/// <param name="IsRandom">Ports are chosen at random.</param>
/// <param name="IsFullyRandom">So with a better generator.</param>
/// <param name="IsPersistent">A client gets the same address for all its connections.</param>
public sealed record SnatTarget(NatRange To, Family Family, bool IsRandom, bool IsFullyRandom, bool IsPersistent) : ModuleTarget
{
    private static readonly Option<NatRange> ToSource = Option.Value("--to-source", Values.NatRange).Required();
    private static readonly Flag Random = Option.Flag("--random");
    private static readonly Flag RandomFully = Option.Flag("--random-fully");
    private static readonly Flag Persistent = Option.Flag("--persistent");

    public static readonly TargetModule Module = new("SNAT")
    {
        Summary = "Translates the source of a connection.",
        Tables = ["nat"],
        Chains = ["POSTROUTING", "INPUT"],
        Options = [ToSource, Random, RandomFully, Persistent],
        Create = Read,
        Examples =
        [
            Accepts("-j SNAT --to-source 10.0.0.1-10.0.0.5"),
            Accepts("-p tcp -j SNAT --to-source 10.0.0.1:80-90"),
            Accepts("-p udp -j SNAT --to-source :1024-65535"),
            Accepts("-p icmp -j SNAT --to-source 10.0.0.1:http", prints: "-p icmp -j SNAT --to-source 10.0.0.1:80"),
            Accepts("-j SNAT --to-source 10.0.0.1 --persistent --random-fully --random", prints: "-j SNAT --to-source 10.0.0.1 --random --random-fully --persistent"),
            Accepts("-j SNAT --to-source 10.0.0.1").At("nat", "INPUT"),
            Accepts("-j SNAT --to-source 2001:db8::1-2001:db8::5 --random-fully").In(Family.IPv6),
            Accepts("-p tcp -j SNAT --to-source [2001:db8::1]:80").In(Family.IPv6),
            Rejects("-j SNAT"),
            Rejects("-j SNAT --to-source 10.0.0.1:80"),
            Rejects("-j SNAT --to-source 10.0.0.0/8"),
            Rejects("-j SNAT --to-source 10.0.0.1 --to-source 10.0.0.2"),
            Rejects("-j SNAT --to-source 10.0.0.1").At("nat", "PREROUTING"),
            Rejects("-j SNAT --to-source 10.0.0.1").At("filter", "INPUT"),
            Does("-j SNAT --to-source 10.0.0.1", new LeaveToKernel(DeferReason.Nat)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Nat);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(ToSource, To.Text(Family));
        if (IsRandom) { writer.Write(Random); }
        if (IsFullyRandom) { writer.Write(RandomFully); }
        if (IsPersistent) { writer.Write(Persistent); }
    }

    private static SnatTarget? Read(GivenOptions given) => NatOptions.Read(given, ToSource) is { } to
        ? new(to with { Ports = NatOptions.WithoutBase(to.Ports) }, given.Context.Family, given.Has(Random), given.Has(RandomFully), given.Has(Persistent))
        : null;
}
