using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the set of headers in an IPv6 packet (net/ipv6/netfilter/ip6t_ipv6header.c). Anything after the known headers counts as "protocol".
/// </summary>
/// <param name="Headers">The headers; negated, the packet's set must differ, or (soft) have none of them.</param>
/// <param name="Soft">Other headers may be there as well.</param>
public sealed record Ipv6headerMatch(Given<IPv6Headers> Headers, bool Soft) : Match
{
    private static readonly Option<IPv6Headers> HeaderList = Option.Value("--header", Values.HeaderList).Required().Negatable();
    private static readonly Flag SoftFlag = Option.Flag("--soft");

    public static readonly MatchModule Module = new("ipv6header")
    {
        Summary = "Matches IPv6 packets by the extension headers they have.",
        OnlyFamily = Family.IPv6,
        Options = [HeaderList, SoftFlag],
        Create = given => given.Get(HeaderList) is { } headers ? new Ipv6headerMatch(headers, given.Has(SoftFlag)) : null,
        Examples =
        [
            Accepts("-m ipv6header --soft --header dst,hop", prints: "-m ipv6header --header hop-by-hop,ipv6-opts --soft").In(Family.IPv6),
            Accepts("-m ipv6header ! --header 0,60,43,44,51,50,59,255", prints: "-m ipv6header ! --header hop-by-hop,ipv6-opts,ipv6-route,ipv6-frag,ah,esp,ipv6-nonxt,protocol").In(Family.IPv6),
            Accepts("-m ipv6header --header ,hopopt,", prints: "-m ipv6header --header hop-by-hop").In(Family.IPv6),
            Rejects("-m ipv6header").In(Family.IPv6),
            Rejects("-m ipv6header --header tcp").In(Family.IPv6),
            Rejects("-m ipv6header --header HOP").In(Family.IPv6),
            Hits("-m ipv6header --header hop,dst --soft", Packet.Tcp6(1, 80).WithHopByHop().WithDestinationOptions()),
            Hits("-m ipv6header --header dst,prot", Packet.Udp6(1, 53).WithDestinationOptions()),
            Hits("-m ipv6header --header none", Packet.Ip6(59)),
            Hits("-m ipv6header ! --header hop,dst --soft", Packet.Tcp6(1, 80).WithRouting(4, 0)),
            Misses("-m ipv6header --header dst", Packet.Udp6(1, 53).WithDestinationOptions()),
            Misses("-m ipv6header --header hop,dst --soft", Packet.Tcp6(1, 80).WithHopByHop()),
            Misses("-m ipv6header ! --header prot", Packet.Tcp6(1, 80)),
            Misses("-m ipv6header ! --header hop", Packet.Ip6(60, 6)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(Walk(), Negated: false));

    public override void Print(OptionWriter writer)
    {
        writer.Write(HeaderList, Values.HeaderListText(Headers.Value), Headers.IsNegated);
        if (Soft) { writer.Write(SoftFlag); }
    }

    /// <summary>
    /// Walks all headers, also behind the header of a later fragment. A header whose first two bytes are missing is no match, negated or not.
    /// </summary>
    private StepProgram Walk()
    {
        Local next = new(0), place = new(1), present = new(2), length = new(3);
        var network = new OffsetOf(HeaderBase.Network);
        return new("ipv6_headers", Locals: 4,
        [
            Byte(next, network + 6),
            Set(place, network + 40),
            new Repeat(16_384,
            [
                If(next.Is(59), Set(present, present | Bit(IPv6Headers.NoNext)), Leave),
                IfElse(next.Is(0), [Set(length, Bit(IPv6Headers.HopByHop))],
                [
                    IfElse(next.Is(60), [Set(length, Bit(IPv6Headers.Destination))],
                    [
                        IfElse(next.Is(43), [Set(length, Bit(IPv6Headers.Routing))],
                        [
                            IfElse(next.Is(44), [Set(length, Bit(IPv6Headers.Fragment))],
                            [
                                IfElse(next.Is(51), [Set(length, Bit(IPv6Headers.Authentication))],
                                    [IfElse(next.Is(50), [Set(length, Bit(IPv6Headers.Esp))], [Leave])]),
                            ]),
                        ]),
                    ]),
                ]),
                If((place + 2).Above(new PacketEnd()), NotFound),
                Set(present, present | length),
                If(next.Is(50), Leave),
                Byte(next, place),
                IfElse(length.Is(Bit(IPv6Headers.Fragment)), [Set(place, place + 8)],
                [
                    IfElse(length.Is(Bit(IPv6Headers.Authentication)),
                        [Byte(length, place + 1), Set(place, place + (length + 2) * 4)],
                        [Byte(length, place + 1), Set(place, place + (length + 1) * 8)]),
                ]),
                If(place.Above(new PacketEnd()), Leave),
            ]),
            If(next.IsNot(59), If(next.IsNot(50), Set(present, present | Bit(IPv6Headers.Transport)))),
            If(Comparison(present), Found),
        ]);
    }

    private Comparison Comparison(Expression present) => (Soft, Headers.IsNegated) switch
    {
        (true, false) => (present & Bit(Headers.Value)).Is(Bit(Headers.Value)),
        (true, true) => (present & Bit(Headers.Value)).Is(0),
        (false, false) => present.Is(Bit(Headers.Value)),
        (false, true) => present.IsNot(Bit(Headers.Value)),
    };

    private static int Bit(IPv6Headers headers) => (int)headers;
}
