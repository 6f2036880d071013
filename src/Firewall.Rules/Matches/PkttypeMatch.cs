using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the class of the destination MAC address, not of the IP address (net/netfilter/xt_pkttype.c).</summary>
public sealed record PkttypeMatch(Given<PacketClass> Class) : Match
{
    private static readonly Option<PacketClass> PacketType = Option.Value("--pkt-type", Values.PacketType).Required().Negatable();

    public static readonly MatchModule Module = new("pkttype")
    {
        Summary = "Matches unicast, broadcast and multicast frames.",
        Options = [PacketType],
        Create = given => given.Get(PacketType) is { } type ? new PkttypeMatch(type) : null,
        Examples =
        [
            Accepts("-m pkttype --pkt-type unicast"),
            Accepts("-m pkttype ! --pkt-type BCAST", prints: "-m pkttype ! --pkt-type broadcast"),
            Accepts("-m pkttype --pkt-type host", prints: "-m pkttype --pkt-type unicast"),
            Accepts("-m pkttype --pkt-type otherhost"),
            Rejects("-m pkttype"),
            Rejects("-m pkttype --pkt-type broad"),
            Hits("-m pkttype --pkt-type broadcast", Packet.Udp(1, 53).WithDestinationMac(255, 255, 255, 255, 255, 255)),
            Hits("-m pkttype --pkt-type multicast", Packet.Udp6(1, 53).WithDestinationMac(0x33, 0x33, 0, 0, 0, 1)),
            Misses("-m pkttype ! --pkt-type unicast", Packet.Udp(1, 53)),
            Misses("-m pkttype --pkt-type broadcast", Packet.Udp(1, 53).To("255.255.255.255")),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(Field.PacketType.Is((UInt128)(int)Class.Value, Class.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(PacketType, Values.PacketTypeText(Class.Value), Class.IsNegated);
}
