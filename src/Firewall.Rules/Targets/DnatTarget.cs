using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j DNAT</c>: the connection goes to another address or port (net/netfilter/xt_nat.c, <c>xt_dnat_target_v2</c>).</summary>
/// <param name="To">Where to.</param>
/// <param name="Family">How addresses are printed.</param>
/// <param name="IsRandom">Ports are chosen at random.</param>
/// <param name="IsPersistent">A client gets the same address for all its connections.</param>
public sealed record DnatTarget(NatRange To, Family Family, bool IsRandom, bool IsPersistent) : ModuleTarget
{
    private static readonly Option<NatRange> ToDestination = Option.Value("--to-destination", Values.NatRange).Required();
    private static readonly Flag Random = Option.Flag("--random");
    private static readonly Flag Persistent = Option.Flag("--persistent");

    public static readonly TargetModule Module = new("DNAT")
    {
        Summary = "Translates the destination of a connection.",
        Tables = ["nat"],
        Chains = ["PREROUTING", "OUTPUT"],
        Options = [ToDestination, Random, Persistent],
        Create = given => NatOptions.Read(given, ToDestination) is { } to ? new DnatTarget(to, given.Context.Family, given.Has(Random), given.Has(Persistent)) : null,
        Examples =
        [
            Accepts("-j DNAT --to-destination 10.0.0.1"),
            Accepts("-j DNAT --to-destination 10.0.0.5-10.0.0.1"),
            Accepts("-j DNAT --to-destination 10.0.0.1-10.0.0.1", prints: "-j DNAT --to-destination 10.0.0.1"),
            Accepts("-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90"),
            Accepts("-p tcp -j DNAT --to-destination 10.0.0.1:80-90/100"),
            Accepts("-p tcp -j DNAT --to-destination 10.0.0.1:80-80", prints: "-p tcp -j DNAT --to-destination 10.0.0.1:80"),
            Accepts("-p udp -j DNAT --to-destination :domain", prints: "-p udp -j DNAT --to-destination :53"),
            Accepts("-p icmp -j DNAT --to-destination 10.0.0.1:0x50", prints: "-p icmp -j DNAT --to-destination 10.0.0.1:80"),
            Accepts("! -p tcp -j DNAT --to-destination 10.0.0.1:80"),
            Accepts("-j DNAT --persistent --to-destination 10.0.0.1 --random", prints: "-j DNAT --to-destination 10.0.0.1 --random --persistent"),
            Accepts("-j DNAT --to-destination [2001:db8::1]", prints: "-j DNAT --to-destination 2001:db8::1").In(Family.IPv6),
            Accepts("-p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::5]:80-90/100").In(Family.IPv6),
            Accepts("-p tcp -j DNAT --to-destination 2001:db8::1:80").In(Family.IPv6),
            Accepts("-p tcp -j DNAT --to-destination []:80", prints: "-p tcp -j DNAT --to-destination :80").In(Family.IPv6),
            Rejects("-j DNAT"),
            Rejects("-j DNAT --to-destination 10.0.0.1:80"),
            Rejects("-j DNAT --to-destination 10.0.0.1:80 -p tcp"),
            Rejects("-p udplite -j DNAT --to-destination 10.0.0.1:80"),
            Rejects("-p icmpv6 -j DNAT --to-destination [2001:db8::1]:80").In(Family.IPv6),
            Rejects("-p tcp -j DNAT --to-destination 10.0.0.1:90-80"),
            Rejects("-p tcp -j DNAT --to-destination 10.0.0.1:80/100"),
            Rejects("-p tcp -j DNAT --to-destination 10.0.0.1:http-https"),
            Rejects("-p tcp -j DNAT --to-destination 10.0.0.1:80-90/0"),
            Rejects("-p tcp -j DNAT --to-destination 10.0.0.1:080"),
            Rejects("-p tcp -j DNAT --to-destination [10.0.0.1]:80"),
            Rejects("-j DNAT --to-destination 10.0.0"),
            Rejects("-j DNAT --to-destination 010.0.0.1"),
            Rejects("-j DNAT --to-destination localhost"),
            Rejects("-j DNAT --to-destination 10.0.0.1 --random-fully"),
            Rejects("-j DNAT --to-destination 2001:db8::1"),
            Rejects("-j DNAT --to-destination [2001:db8::1").In(Family.IPv6),
            Rejects("-p tcp -j DNAT --to-destination [2001:db8::1]-[2001:db8::5]:80").In(Family.IPv6),
            Rejects("-j DNAT --to-destination 10.0.0.1").At("nat", "POSTROUTING"),
            Rejects("-j DNAT --to-destination 10.0.0.1").At("mangle", "PREROUTING"),
            Does("-j DNAT --to-destination 10.0.0.1", new LeaveToKernel(DeferReason.Nat)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Nat);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(ToDestination, To.Text(Family));
        if (IsRandom) { writer.Write(Random); }
        if (IsPersistent) { writer.Write(Persistent); }
    }
}
