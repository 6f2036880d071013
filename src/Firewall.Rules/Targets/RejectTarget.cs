using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Targets;

/// <summary><c>-j REJECT</c>: the packet is gone, and its sender is told so (net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c).</summary>
public sealed record RejectTarget(RejectWith With) : ModuleTarget
{
    private static readonly Option<RejectWith> RejectWithOption = Option.Value("--reject-with", Values.RejectAnswer);

    public static readonly TargetModule Module = new("REJECT")
    {
        Summary = "Drops the packet and answers its sender with an ICMP error or a TCP reset.",
        Tables = ["filter"],
        Chains = ["INPUT", "FORWARD", "OUTPUT"],
        Options = [RejectWithOption],
        Create = Read,
        Examples =
        [
            Accepts("-j REJECT", prints: "-j REJECT --reject-with icmp-port-unreachable"),
            Accepts("-j REJECT", prints: "-j REJECT --reject-with icmp6-port-unreachable").In(Family.IPv6),
            Accepts("-j REJECT --reject-with icmp-net-unreachable"),
            Accepts("-j REJECT --reject-with HOST-UNREACH", prints: "-j REJECT --reject-with icmp-host-unreachable"),
            Accepts("-j REJECT --reject-with icmp-p", prints: "-j REJECT --reject-with icmp-proto-unreachable"),
            Accepts("-j REJECT --reject-with port-unreach", prints: "-j REJECT --reject-with icmp-port-unreachable"),
            Accepts("-j REJECT --reject-with net-prohib", prints: "-j REJECT --reject-with icmp-net-prohibited"),
            Accepts("-j REJECT --reject-with host-prohib", prints: "-j REJECT --reject-with icmp-host-prohibited"),
            Accepts("-j REJECT --reject-with admin-prohib", prints: "-j REJECT --reject-with icmp-admin-prohibited"),
            Accepts("-p tcp -j REJECT --reject-with tcp-rst", prints: "-p tcp -j REJECT --reject-with tcp-reset"),
            Accepts("-j REJECT --reject-with no-route", prints: "-j REJECT --reject-with icmp6-no-route").In(Family.IPv6),
            Accepts("-j REJECT --reject-with adm", prints: "-j REJECT --reject-with icmp6-adm-prohibited").In(Family.IPv6),
            Accepts("-j REJECT --reject-with addr-unreach", prints: "-j REJECT --reject-with icmp6-addr-unreachable").In(Family.IPv6),
            Accepts("-j REJECT --reject-with policy-fail", prints: "-j REJECT --reject-with icmp6-policy-fail").In(Family.IPv6),
            Accepts("-j REJECT --reject-with reject-route", prints: "-j REJECT --reject-with icmp6-reject-route").In(Family.IPv6),
            Accepts("-p tcp -j REJECT --reject-with tcp-reset").In(Family.IPv6),
            Rejects("-j REJECT --reject-with"),
            Rejects("-j REJECT --reject-with icmp6-no-route"),
            Rejects("-j REJECT --reject-with icmp-port-unreachable").In(Family.IPv6),
            Rejects("-j REJECT --reject-with echo-reply"),
            Rejects("-j REJECT --reject-with tcp-reset"),
            Rejects("-p udp -j REJECT --reject-with tcp-reset").In(Family.IPv6),
            Rejects("! -p tcp -j REJECT --reject-with tcp-reset"),
            Rejects("-j REJECT").At("mangle", "INPUT"),
            Does("-p tcp -j REJECT", new Refuse(RejectWith.Default(Family.IPv4))),
            Does("-p tcp -j REJECT --reject-with tcp-reset", new Refuse(RejectWith.Find(Family.IPv6, "tcp-reset")!)).In(Family.IPv6),
        ],
    };

    public override Effect Effect => new Refuse(With);

    protected override TargetModule Declaration => Module;

    protected override void PrintOptions(OptionWriter writer) => writer.Write(RejectWithOption, With.Name);

    private static RejectTarget? Read(GivenOptions given)
    {
        if (!given.Has(RejectWithOption)) { return new(RejectWith.Default(given.Context.Family)); }
        if (given.Get(RejectWithOption) is not { } answer) { return null; }
        return !answer.Value.IsReset || given.HasProtocol(RejectWithOption, Protocols.Tcp) ? new(answer.Value) : null;
    }
}
