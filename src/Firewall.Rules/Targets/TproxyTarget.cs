using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j TPROXY</c>: a socket of this host gets the packet unchanged (net/netfilter/xt_TPROXY.c).</summary>
/// <param name="Port">The socket's; 0 for the packet's destination.</param>
/// <param name="Address">The socket's; 0 for that of the input device.</param>
/// <param name="Mark">The mark becomes <c>(mark &amp; ~Mask) ^ Number</c>.</param>
/// <param name="Family">How addresses are printed.</param>
public sealed record TproxyTarget(ushort Port, UInt128 Address, MaskedNumber Mark, Family Family) : ModuleTarget
{
    private static readonly Option<ushort> OnPort = Option.Value("--on-port", Values.ResolvedPort).Required();
    private static readonly Option<UInt128> OnIP = Option.Value("--on-ip", Values.Host);
    private static readonly Option<MaskedNumber> TproxyMark = Option.Value("--tproxy-mark", Values.Mark);

    public static readonly TargetModule Module = new("TPROXY")
    {
        Summary = "Hands the packet to a socket of this host without changing it.",
        Tables = ["mangle"],
        Chains = ["PREROUTING"],
        Protocols = [Protocols.Tcp, Protocols.Udp],
        Options = [OnPort, OnIP, TproxyMark],
        Create = given => given.Get(OnPort) is { } port
            ? new TproxyTarget(port.Value, given.Get(OnIP, UInt128.Zero).Value, given.Get(TproxyMark, default).Value, given.Context.Family)
            : null,
        Examples =
        [
            Accepts("-p tcp -j TPROXY --on-port 1 --on-ip 10.0.0.1 --tproxy-mark 0x3/0x1"),
            Accepts("-p udp -j TPROXY --on-port domain", prints: "-p udp -j TPROXY --on-port 53 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0"),
            Accepts("-p tcp -j TPROXY --tproxy-mark 1 --on-ip 1.2 --on-port 010", prints: "-p tcp -j TPROXY --on-port 10 --on-ip 1.0.0.2 --tproxy-mark 0x1/0xffffffff"),
            Accepts("-p tcp -j TPROXY --on-port 65536", prints: "-p tcp -j TPROXY --on-port 0 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0"),
            Accepts("-p tcp -j TPROXY --on-port 1 --on-ip 2001:DB8::1", prints: "-p tcp -j TPROXY --on-port 1 --on-ip 2001:db8::1 --tproxy-mark 0x0/0x0").In(Family.IPv6),
            Rejects("-p tcp -j TPROXY"),
            Rejects("-p tcp -j TPROXY --on-port 0x50"),
            Rejects("-p tcp -j TPROXY --on-port 80-90"),
            Rejects("-p tcp -j TPROXY --on-port 1 --tproxy-mark 1/"),
            Rejects("-p tcp -j TPROXY --on-port 1 --on-ip 10.0.0.1").In(Family.IPv6),
            Rejects("-j TPROXY --on-port 1"),
            Rejects("! -p tcp -j TPROXY --on-port 1"),
            Rejects("-p tcp -j TPROXY --on-port 1").At("mangle", "INPUT"),
            Rejects("-p tcp -j TPROXY --on-port 1").At("nat", "PREROUTING"),
            Does("-p tcp -j TPROXY --on-port 1", new LeaveToKernel(DeferReason.Target)),
        ],
    };

    public override Effect Effect => new LeaveToKernel(DeferReason.Target);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer)
    {
        writer.Write(OnPort, $"{Port}");
        writer.Write(OnIP, AddressText.Format(Address, Family));
        writer.Write(TproxyMark, $"0x{Mark.Number:x}/0x{Mark.Mask:x}");
    }
}
