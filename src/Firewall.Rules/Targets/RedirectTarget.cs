using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j REDIRECT</c>: the connection goes to this host (net/netfilter/xt_REDIRECT.c).</summary>
/// <param name="Ports">Ports to choose from; null for the port it asked for.</param>
/// <param name="IsRandom">They are chosen at random.</param>
public sealed record RedirectTarget(NatPorts? Ports, bool IsRandom) : ModuleTarget
{
    private static readonly Option<NatPorts> ToPorts = Option.Value("--to-ports", Values.NatPortRange);
    private static readonly Flag Random = Option.Flag("--random");

    public static readonly TargetModule Module = new("REDIRECT")
    {
        Summary = "Translates the destination of a connection to this host.",
        Tables = ["nat"],
        Chains = ["PREROUTING", "OUTPUT"],
        Options = [ToPorts, Random],
        Create = Read,
        Examples =
        [
            Accepts("-j REDIRECT"),
            Accepts("-p tcp -j REDIRECT --to-ports 80-90 --random").In(Family.IPv6),
            Accepts("-p tcp -j REDIRECT --to-port http", prints: "-p tcp -j REDIRECT --to-ports 80"),
            Rejects("-j REDIRECT --to-ports 80"),
            Rejects("-p tcp -j REDIRECT --to-ports 80-90/100"),
            Rejects("-p tcp -j REDIRECT --to-ports http-https"),
            Rejects("-j REDIRECT --random-fully"),
            Rejects("-j REDIRECT").At("nat", "POSTROUTING"),
            Rejects("-j REDIRECT").At("mangle", "PREROUTING"),
            Does("-j REDIRECT", new LeaveToKernel(DeferReason.Nat)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Nat);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        if (Ports is { } ports) { writer.Write(ToPorts, $"{ports}"); }
        if (IsRandom) { writer.Write(Random); }
    }

    private static RedirectTarget? Read(GivenOptions given)
    {
        var ports = given.Get(ToPorts)?.Value;
        if (ports is { Base: not null }) { given.Fail(ToPorts, "REDIRECT cannot shift a range of ports"); }
        if (given.Errors.Count > 0 || (ports is not null && !NatOptions.HasPorts(given, ToPorts))) { return null; }
        return new(ports, given.Has(Random));
    }
}
