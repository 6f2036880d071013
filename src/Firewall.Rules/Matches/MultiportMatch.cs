using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Which port of a packet is looked up.</summary>
public enum PortDirection
{
    Source,
    Destination,

    /// <summary>One of the two is enough.</summary>
    Either,
}

/// <summary>Matches ports against a list (net/netfilter/xt_multiport.c). Four bytes of the transport header are enough.</summary>
public sealed record MultiportMatch(PortDirection Direction, EquatableArray<ValueRange> Ports, bool IsNegated) : Match
{
    private static readonly Option<ImmutableArray<ValueRange>> Source =
        Option.Value("--sports", Values.PortList).Alias("--source-ports").Negatable();

    private static readonly Option<ImmutableArray<ValueRange>> Destination =
        Option.Value("--dports", Values.PortList).Alias("--destination-ports").Negatable();

    private static readonly Option<ImmutableArray<ValueRange>> Either = Option.Value("--ports", Values.PortList).Negatable();

    /// <summary>By <see cref="PortDirection"/>.</summary>
    private static readonly ImmutableArray<Option<ImmutableArray<ValueRange>>> Directions = [Source, Destination, Either];

    public static readonly MatchModule Module = new("multiport")
    {
        Summary = "Matches source or destination ports against a list of ports and ranges.",
        Protocols = [Transport.Tcp, Transport.Udp, Transport.UdpLite, Transport.Sctp, Transport.Dccp],
        NeedsProtocolFirst = true,
        Options = [Source, Destination, Either],
        Create = Read,
        Examples =
        [
            Accepts("-p tcp -m multiport --dports 22,http,1000:1005", prints: "-p tcp -m multiport --dports 22,80,1000:1005"),
            Accepts("-p udp -m multiport ! --source-ports 53", prints: "-p udp -m multiport ! --sports 53"),
            Accepts("-p udplite -m multiport --ports 5,5"),
            Accepts("-p sctp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15"),
            Rejects("-p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16"),
            Rejects("-p tcp -m multiport --dports 80:80"),
            Rejects("-p tcp -m multiport --dports :80"),
            Rejects("-p tcp -m multiport --dports 80,"),
            Rejects("-p tcp -m multiport --dports 80 --sports 80"),
            Rejects("-p tcp -m multiport"),
            Rejects("-p icmp -m multiport --dports 80"),
            Rejects("-m multiport --dports 80 -p tcp"),
            Hits("-p tcp -m multiport --dports 22,80,1000:1005", Packet.Tcp(1, 1003)),
            Hits("-p udp -m multiport --ports 53,123", Packet.Udp(123, 1000)),
            Hits("-p udp -m multiport ! --ports 53,1000", Packet.Udp6(1001, 54)),
            Hits("-p tcp -m multiport --dports 80", Packet.Tcp(1, 80).Keep(4)),
            Misses("-p tcp -m multiport --dports 22,80,1000:1005", Packet.Tcp(80, 1006)),
            Misses("-p udp -m multiport ! --ports 53,1000", Packet.Udp(1000, 54)),
            Misses("-p tcp -m multiport ! --dports 81", Packet.Ip(Transport.Tcp, 1, 2, 3, 4).Fragment(1, more: true)).OnForward(),
            Hotdrops("-p tcp -m multiport --dports 80", Packet.Tcp(1, 80).Keep(3)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var ports = ValueSet.Union(Ports);
        var (source, destination) = (Field.SourcePort.In(ports, IsNegated), Field.DestinationPort.In(ports, IsNegated));
        var header = Transport.Header(4);
        return Direction switch
        {
            PortDirection.Source => header.And(source),
            PortDirection.Destination => header.And(destination),
            _ when IsNegated => header.And(source).And(destination),
            _ => header.And(new AnyOf([source, destination])),
        };
    }

    public override void Print(OptionWriter writer) =>
        writer.Write(Directions[(int)Direction], string.Join(',', Ports.Select(Values.Text)), IsNegated);

    private static MultiportMatch? Read(GivenOptions given)
    {
        var used = Directions.Where(given.Has).ToList();
        if (used is not [var option])
        {
            given.Fail(
                used.Count > 1 ? used[1] : null,
                used.Count > 1 ? "only one list of ports is possible" : "one of --sports, --dports and --ports is missing",
                used.Count > 1 ? "write one `-m multiport` for each list" : null);
            return null;
        }

        return given.Get(option) is { } ports ? new((PortDirection)Directions.IndexOf(option), new(ports.Value), ports.IsNegated) : null;
    }
}
