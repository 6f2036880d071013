using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>Matches TCP ports, flags and options (net/netfilter/xt_tcpudp.c, <c>tcp_mt</c>).</summary>
/// <param name="SourcePorts">Where the segment comes from.</param>
/// <param name="DestinationPorts">Where it goes.</param>
/// <param name="Flags">Flags looked at and flags set; 0/0 matches every segment.</param>
/// <param name="TcpOption">Kind of a TCP option that must be there; 0 for none.</param>
public sealed record TcpMatch(
    Given<ValueRange> SourcePorts, Given<ValueRange> DestinationPorts, Given<TcpFlagTest> Flags, Given<uint> TcpOption) : Match
{
    private static readonly TcpFlagTest SynAlone = new(Mask: 0x17, Compare: 0x02);

    private static readonly Option<ValueRange> Source = Transport.SourcePort(Values.Ports(Transport.Tcp));
    private static readonly Option<ValueRange> Destination = Transport.DestinationPort(Values.Ports(Transport.Tcp));
    private static readonly Option<TcpFlagTest> TcpFlags = Option.Value("--tcp-flags", Values.TcpFlags).Negatable();
    private static readonly Flag Syn = Option.Flag("--syn").Negatable();
    private static readonly Option<uint> OptionKind = Option.Value("--tcp-option", Values.Number(byte.MaxValue, minimum: 1)).Negatable();

    public static readonly MatchModule Module = new("tcp")
    {
        Summary = "Matches the ports, flags and options of TCP segments.",
        Protocols = [Transport.Tcp],
        ImpliedBy = [Transport.Tcp],
        Options = [Source, Destination, TcpFlags, Syn, OptionKind],
        Create = Read,
        Examples =
        [
            Accepts("-p tcp -m tcp"),
            Accepts("-p tcp -m tcp --dport http --sport 1024:", prints: "-p tcp -m tcp --sport 1024:65535 --dport 80"),
            Accepts("-p tcp -m tcp ! --syn", prints: "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN"),
            Accepts("-p tcp -m tcp --tcp-flags all none", prints: "-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE"),
            Accepts("-p tcp -m tcp --tcp-flags ACK,SYN, SYN", prints: "-p tcp -m tcp --tcp-flags SYN,ACK SYN"),
            Accepts("-p tcp -m tcp --tcp-flags NONE NONE", prints: "-p tcp -m tcp"),
            Accepts("-p tcp -m tcp ! --tcp-flags NONE NONE"),
            Accepts("-p tcp -m tcp ! --tcp-option 0x2", prints: "-p tcp -m tcp ! --tcp-option 2"),
            Accepts("-p tcp -m tcp ! --sport :", prints: "-p tcp -m tcp"),
            Rejects("-p tcp -m tcp --dport 80,443"),
            Rejects("-p tcp -m tcp --dport 20:10"),
            Rejects("-p tcp -m tcp --dport nosuchservice"),
            Rejects("-p tcp -m tcp --tcp-flags SYN XYZ"),
            Rejects("-p tcp -m tcp --syn --tcp-flags SYN SYN"),
            Rejects("-p tcp -m tcp --tcp-option 0"),
            Rejects("-m tcp --dport 80"),
            Hits("-p tcp -m tcp --dport 80 --syn", Packet.Tcp(1000, 80)),
            Hits("-p tcp -m tcp --tcp-flags ALL NONE", Packet.Tcp6(1000, 80).WithFlags("EC")),
            Hits("-p tcp -m tcp --tcp-option 2", Packet.Tcp(1000, 80).WithTcpOptions(1, 0, 2, 4, 5, 0xb4)),
            Hits("-p tcp -m tcp ! --tcp-option 2", Packet.Tcp(1000, 80)),
            Misses("-p tcp -m tcp ! --dport 80", Packet.Tcp(1000, 80)),
            Misses("-p tcp -m tcp --syn", Packet.Tcp(1000, 80).WithFlags("SA")),
            Misses("-p tcp -m tcp --tcp-flags SYN ACK", Packet.Tcp(1000, 80).WithFlags("SA")),
            Misses("-p tcp -m tcp --tcp-option 2", Packet.Tcp(1000, 80).WithTcpOptions(8, 10, 2, 4, 0, 0, 0, 0, 0, 0)),
            Misses("-p tcp -m tcp", Packet.Ip(6, 1, 2, 3, 4).Fragment(2, more: false)).OnForward(),
            Misses("-p tcp -m tcp", Packet.Ip6(6, 1, 2, 3, 4).Fragment(1, more: false)),
            Hotdrops("-p tcp -m tcp --dport 9", Packet.Tcp(1000, 80).Keep(19)),
            Hotdrops("-p tcp -m tcp --dport 9", Packet.Ip(6, 1, 2, 3, 4).Fragment(1, more: false)).OnForward(),
            Hotdrops("-p tcp -m tcp --tcp-option 2", Packet.Tcp(1000, 80).WithDataOffset(15)),
            Hotdrops("-p tcp -m tcp ! --tcp-option 2", Packet.Tcp(1000, 80).WithDataOffset(4)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var guard = Header(family)
            .And(Field.SourcePort.In(SourcePorts))
            .And(Field.DestinationPort.In(DestinationPorts))
            .And(Field.Bytes(HeaderBase.Transport, 13, 1, "TCP flags").Masked(Flags.Value.Mask, Flags.Value.Compare, Flags.IsNegated));
        return TcpOption.Value == 0 ? guard : guard.And(new Search(Find((int)TcpOption.Value), TcpOption.IsNegated));
    }

    public override void Print(OptionWriter writer)
    {
        if (SourcePorts.Value != Transport.AnyPort) { writer.Write(Source, Values.Text(SourcePorts.Value), SourcePorts.IsNegated); }
        if (DestinationPorts.Value != Transport.AnyPort) { writer.Write(Destination, Values.Text(DestinationPorts.Value), DestinationPorts.IsNegated); }
        if (TcpOption.Value != 0) { writer.Write(OptionKind, $"{TcpOption.Value}", TcpOption.IsNegated); }
        if (Flags.Value.Mask != 0 || Flags.IsNegated)
        {
            writer.Write(TcpFlags, $"{Values.TcpFlagText(Flags.Value.Mask)} {Values.TcpFlagText(Flags.Value.Compare)}", Flags.IsNegated);
        }
    }

    private static TcpMatch? Read(GivenOptions given)
    {
        if (given.Has(Syn) && given.Has(TcpFlags))
        {
            given.Fail(Syn, "--syn and --tcp-flags cannot stand together", "--syn means --tcp-flags FIN,SYN,RST,ACK SYN");
            return null;
        }

        return new TcpMatch(
            given.Get(Source, Transport.AnyPort),
            given.Get(Destination, Transport.AnyPort),
            given.Negation(Syn) is { } notSyn ? new(SynAlone, notSyn) : given.Get(TcpFlags, default(TcpFlagTest)),
            given.Get(OptionKind, 0u));
    }

    /// <summary>A later fragment has no header. IPv4 drops one that would overwrite the flags at byte 13 (RFC 1858); IPv6 does not, its offsets count bytes.</summary>
    private static Guard Header(Family family) => family == Family.IPv6
        ? Transport.Header(20)
        : Guard.Of(
            Field.FragmentOffset.In(ValueSet.Between(0, 1)),
            new HotdropUnless(Field.FragmentOffset.Is(0)),
            new HeaderGate(HeaderBase.Transport, 20, WhenMissing.Hotdrop));

    /// <summary>Options that the data offset promises and the packet has not are a hotdrop.</summary>
    private static StepProgram Find(int kind)
    {
        Local place = new(0), end = new(1), octet = new(2);
        var header = new OffsetOf(HeaderBase.Transport);
        return new("tcp_option", Locals: 3,
        [
            Byte(octet, header + 12),
            Set(octet, (octet >> 4) * 4),
            If(octet.Below(20), Hotdrop),
            Set(end, header + octet),
            If(end.Above(new PacketEnd()), Hotdrop),
            Set(place, header + 20),
            HeaderOptions.Find(kind, 40, place, end, octet),
        ]);
    }
}
