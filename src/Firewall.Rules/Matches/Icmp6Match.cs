using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches ICMPv6 type and code (net/ipv6/netfilter/ip6_tables.c, <c>icmp6_match</c>). Type 255 is a type like any other.</summary>
public sealed record Icmp6Match(Given<IcmpTypeTest> Type) : Match
{
    private static readonly Option<IcmpTypeTest> Icmp6Type = Option.Value("--icmpv6-type", Values.Icmp6Type).Required().Negatable();

    public static readonly MatchModule Module = new("icmp6")
    {
        Summary = "Matches the type and code of ICMPv6 messages.",
        Aliases = ["icmpv6", "ipv6-icmp"],
        OnlyFamily = Family.IPv6,
        Protocols = [Transport.Icmp6],
        ImpliedBy = [Transport.Icmp6],
        Options = [Icmp6Type],
        Create = given => given.Get(Icmp6Type) is { } type ? new Icmp6Match(type) : null,
        Examples =
        [
            Accepts("-p ipv6-icmp -m icmp6 --icmpv6-type 1/4").In(Family.IPv6),
            Accepts("-p ipv6-icmp -m icmpv6 --icmpv6-type 255", prints: "-p ipv6-icmp -m icmp6 --icmpv6-type 255").In(Family.IPv6),
            Accepts("-p ipv6-icmp -m icmp6 ! --icmpv6-type neighbor-solicitation", prints: "-p ipv6-icmp -m icmp6 ! --icmpv6-type 135").In(Family.IPv6),
            Accepts("-p ipv6-icmp -m icmp6 --icmpv6-type ttl-zero-during-r", prints: "-p ipv6-icmp -m icmp6 --icmpv6-type 3/1").In(Family.IPv6),
            Rejects("-p ipv6-icmp -m icmp6").In(Family.IPv6),
            Rejects("-p ipv6-icmp -m icmp6 --icmpv6-type any").In(Family.IPv6),
            Rejects("-p ipv6-icmp -m icmp6 --icmpv6-type neighbo").In(Family.IPv6),
            Rejects("-p icmp -m icmp6 --icmpv6-type 1").In(Family.IPv6),
            Hits("-p ipv6-icmp -m icmp6 --icmpv6-type echo-request", Packet.Icmp6(128).WithHopByHop(5, 2, 0, 0)),
            Hits("-p ipv6-icmp -m icmp6 --icmpv6-type 1/4", Packet.Icmp6(1, 4)),
            Misses("-p ipv6-icmp -m icmp6 --icmpv6-type 255", Packet.Icmp6(128)),
            Misses("-p ipv6-icmp -m icmp6 ! --icmpv6-type 129", Packet.Icmp6(129)),
            Hotdrops("-p ipv6-icmp -m icmp6 --icmpv6-type 128", Packet.Icmp6(129).Keep(4)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Transport.Header(8).And(IcmpTypeTest.Field.In(Type.Value.Values, Type.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Icmp6Type, Type.Value.ToString(), Type.IsNegated);
}
