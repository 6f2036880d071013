using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches UDP ports (net/netfilter/xt_tcpudp.c, <c>udp_mt</c>).</summary>
public sealed record UdpMatch(Given<ValueRange> SourcePorts, Given<ValueRange> DestinationPorts) : Match
{
    private static readonly Option<ValueRange> Source = Transport.SourcePort(Values.ResolvedPorts);
    private static readonly Option<ValueRange> Destination = Transport.DestinationPort(Values.ResolvedPorts);

    public static readonly MatchModule Module = new("udp")
    {
        Summary = "Matches the ports of UDP datagrams.",
        Protocols = [Transport.Udp],
        ImpliedBy = [Transport.Udp],
        Options = [Source, Destination],
        Create = given => new UdpMatch(given.Get(Source, Transport.AnyPort), given.Get(Destination, Transport.AnyPort)),
        Examples =
        [
            Accepts("-p udp -m udp"),
            Accepts("-p udp -m udp --dport domain", prints: "-p udp -m udp --dport 53"),
            Accepts("-p udp -m udp ! --source-port :1023 --destination-port 053", prints: "-p udp -m udp ! --sport 0:1023 --dport 53"),
            Accepts("-p udp -m udp --sport 65536:sip", prints: "-p udp -m udp --sport 0:5060"),
            Accepts("-p udp -m udp --dport ssh", prints: "-p udp -m udp --dport 22"),
            Accepts("-p udp -m udp --dport https:domain", prints: "-p udp -m udp --dport 443:53"),
            Rejects("-p udp -m udp --dport 53,123"),
            Rejects("-p udp -m udp --dport 0x35"),
            Rejects("-p udp -m udp --dport 1:2:3"),
            Rejects("-p tcp -m udp --dport 53"),
            Hits("-p udp -m udp --sport 1024: --dport 53", Packet.Udp(1024, 53)),
            Hits("-p udp -m udp", Packet.Udp6(1, 2).WithHopByHop(5, 2, 0, 0)),
            Misses("-p udp -m udp --dport 53", Packet.Udp(53, 54)),
            Misses("-p udp -m udp --dport 443:53", Packet.Udp(53, 100)),
            Misses("-p udp -m udp ! --dport 53", Packet.Udp(53, 53)),
            Misses("-p udp -m udp", Packet.Ip(17, 1, 2, 3, 4).Fragment(1, more: true)).OnForward(),
            Hotdrops("-p udp -m udp", Packet.Udp(53, 53).Keep(7)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) =>
        Transport.Header(8).And(Field.SourcePort.In(SourcePorts)).And(Field.DestinationPort.In(DestinationPorts));

    public override void Print(OptionWriter writer)
    {
        if (SourcePorts.Value != Transport.AnyPort) { writer.Write(Source, Values.Text(SourcePorts.Value), SourcePorts.IsNegated); }
        if (DestinationPorts.Value != Transport.AnyPort) { writer.Write(Destination, Values.Text(DestinationPorts.Value), DestinationPorts.IsNegated); }
    }
}
