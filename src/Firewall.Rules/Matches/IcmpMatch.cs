using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches ICMP type and code (net/ipv4/netfilter/ip_tables.c, <c>icmp_match</c>). Type 255 stands for any type, whatever its code.
/// </summary>
public sealed record IcmpMatch(Given<IcmpTypeTest> Type) : Match
{
    private const byte AnyType = 255;

    private static readonly Option<IcmpTypeTest> IcmpType = Option.Value("--icmp-type", Values.IcmpType).Required().Negatable();

    public static readonly MatchModule Module = new("icmp")
    {
        Summary = "Matches the type and code of ICMP messages.",
        OnlyFamily = Family.IPv4,
        Protocols = [Transport.Icmp],
        ImpliedBy = [Transport.Icmp],
        Options = [IcmpType],
        Create = given => given.Get(IcmpType) is { } type ? new IcmpMatch(type) : null,
        Examples =
        [
            Accepts("-p icmp -m icmp --icmp-type 3/4"),
            Accepts("-p icmp -m icmp ! --icmp-type echo-request", prints: "-p icmp -m icmp ! --icmp-type 8"),
            Accepts("-p icmp -m icmp --icmp-type dest", prints: "-p icmp -m icmp --icmp-type 3"),
            Accepts("-p icmp -m icmp --icmp-type 255/3", prints: "-p icmp -m icmp --icmp-type any"),
            Rejects("-p icmp -m icmp"),
            Rejects("-p icmp -m icmp --icmp-type 256"),
            Rejects("-p icmp -m icmp --icmp-type 8/"),
            Rejects("-p icmp -m icmp --icmp-type echo"),
            Rejects("-p udp -m icmp --icmp-type 8"),
            Hits("-p icmp -m icmp --icmp-type 3", Packet.Icmp(3, 13)),
            Hits("-p icmp -m icmp --icmp-type any", Packet.Icmp(255)),
            Hits("-p icmp -m icmp --icmp-type 255", Packet.Icmp(8)),
            Misses("-p icmp -m icmp --icmp-type 8/0", Packet.Icmp(8, 1)),
            Misses("-p icmp -m icmp ! --icmp-type 8", Packet.Icmp(8)),
            Misses("-p icmp -m icmp --icmp-type any", Packet.Ip(Transport.Icmp, 8, 0).Fragment(1, more: false)).OnForward(),
            Hotdrops("-p icmp -m icmp --icmp-type any", Packet.Icmp(8).Keep(7)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) =>
        Transport.Header(8).And(IcmpTypeTest.Field.In(Type.Value.Type == AnyType ? ValueSet.All(16) : Type.Value.Values, Type.IsNegated));

    public override void Print(OptionWriter writer) =>
        writer.Write(IcmpType, Type.Value.Type == AnyType ? "any" : Type.Value.ToString(), Type.IsNegated);
}
