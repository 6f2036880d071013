using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the maximum segment size among the TCP options (net/netfilter/xt_tcpmss.c). A segment without the option is outside every range, so
/// that <c>!</c> matches it; whether the packet is a later fragment is not asked.
/// </summary>
public sealed record TcpmssMatch(Given<ValueRange> Sizes) : Match
{
    private static readonly Option<ValueRange> Mss = Option.Value("--mss", Values.Range(ushort.MaxValue)).Required().Negatable();

    public static readonly MatchModule Module = new("tcpmss")
    {
        Summary = "Matches the maximum segment size that a TCP segment announces.",
        Protocols = [Transport.Tcp],
        Options = [Mss],
        Create = Read,
        Examples =
        [
            Accepts("-p tcp -m tcpmss --mss 500:1460"),
            Accepts("-p tcp -m tcpmss ! --mss 0x10:", prints: "-p tcp -m tcpmss ! --mss 16:65535"),
            Accepts("-p tcp -m tcpmss --mss :", prints: "-p tcp -m tcpmss --mss 0:65535"),
            Rejects("-p tcp -m tcpmss"),
            Rejects("-p tcp -m tcpmss --mss 5:1"),
            Rejects("-p tcp -m tcpmss --mss 65536"),
            Rejects("-m tcpmss --mss 500"),
            Hits("-p tcp -m tcpmss --mss 500:1460", Packet.Tcp(1, 80).WithTcpOptions(1, 0, 2, 4, 5, 0xb4)),
            Hits("-p tcp -m tcpmss ! --mss 500:1460", Packet.Tcp6(1, 80).WithTcpOptions(2, 4, 5, 0xb5)),
            Hits("-p tcp -m tcpmss ! --mss 500", Packet.Tcp(1, 80)),
            Hits("-p tcp -m tcpmss --mss 1460", Packet.Tcp(1, 80).WithTcpOptions(2, 3, 0, 2, 4, 5, 0xb4).WithFlags("A")),
            Misses("-p tcp -m tcpmss --mss 0:65535", Packet.Tcp(1, 80)),
            Misses("-p tcp -m tcpmss --mss 0:65535", Packet.Tcp(1, 80).WithTcpOptions(8, 10, 2, 4, 0, 0, 0, 0, 0, 0)),
            Misses("-p tcp -m tcpmss --mss 0:65535", Packet.Tcp(1, 80).WithTcpOptions(1, 1, 2, 4)),
            Misses("-p tcp -m tcpmss ! --mss 1460", Packet.Tcp(1, 80).WithTcpOptions(2, 4, 5, 0xb4)),
            Hotdrops("-p tcp -m tcpmss --mss 500", Packet.Tcp(1, 80).WithDataOffset(6)),
            Hotdrops("-p tcp -m tcpmss ! --mss 500", Packet.Tcp6(1, 80).WithDataOffset(4)),
            Hotdrops("-p tcp -m tcpmss --mss 500", Packet.Tcp(1, 80).Keep(19)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(Announces(family), Sizes.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Mss, Values.Text(Sizes.Value), Sizes.IsNegated);

    private static TcpmssMatch? Read(GivenOptions given)
    {
        if (given.Get(Mss) is not { } sizes) { return null; }
        if (sizes.Value.Low <= sizes.Value.High) { return new(sizes); }
        given.Fail(Mss, "the range is upside down", $"write {sizes.Value.High}:{sizes.Value.Low}");
        return null;
    }

    /// <summary>In a later IPv6 fragment the kernel takes the IPv6 header for the TCP header, as it does for <c>ecn</c>.</summary>
    private StepProgram Announces(Family family)
    {
        Local place = new(0), end = new(1), octet = new(2), size = new(3);
        var fragment = new OffsetOf(HeaderBase.Fragment);
        IEnumerable<Step> orNetwork = family == Family.IPv4 ? [] :
        [
            If(fragment.IsNot(0),
                new Read(octet.Index, fragment + 2, 2, SearchResult.Hotdrop),
                If((octet & 0xfff8).IsNot(0), Set(place, new OffsetOf(HeaderBase.Network)))),
        ];
        return new("tcpmss", Locals: 4,
        [
            Set(place, new OffsetOf(HeaderBase.Transport)),
            .. orNetwork,
            If((place + 20).Above(new PacketEnd()), Hotdrop),
            Byte(octet, place + 12),
            Set(octet, (octet >> 4) * 4),
            If(octet.Below(20), Hotdrop),
            Set(end, place + octet),
            If(end.Above(new PacketEnd()), Hotdrop),
            Set(place, place + 20),
            new Repeat(41,
            [
                If(place.AtLeast(end), NotFound),
                Byte(octet, place),
                If(octet.Below(2), Set(place, place + 1)),
                If(octet.AtLeast(2),
                    If((place + 1).AtLeast(end), NotFound),
                    Byte(size, place + 1),
                    If(octet.Is(2),
                        If(size.Is(4),
                            If((place + 3).Below(end),
                                new Read(octet.Index, place + 2, 2, SearchResult.Hotdrop),
                                If(octet.Below((int)Sizes.Value.Low), NotFound),
                                If(octet.Above((int)Sizes.Value.High), NotFound),
                                Found))),
                    If(size.Is(0), Set(size, 1)),
                    Set(place, place + size)),
            ]),
        ]);
    }
}
