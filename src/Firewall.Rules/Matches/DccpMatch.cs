using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>Matches DCCP ports, packet types and options (net/netfilter/xt_dccp.c).</summary>
/// <remarks>
/// A packet that <c>--dccp-option</c> cannot read is dropped. Negated, the kernel counts it for the rule before it drops it, if the rest of the rule
/// matches.
/// </remarks>
/// <param name="SourcePorts">Where the packet comes from; null to ask nothing.</param>
/// <param name="DestinationPorts">Where it goes; null to ask nothing.</param>
/// <param name="Types">Packet types, one a bit; null to ask nothing.</param>
/// <param name="DccpOption">Kind of an option that must be there; null to ask nothing.</param>
public sealed record DccpMatch(
    Given<ValueRange>? SourcePorts, Given<ValueRange>? DestinationPorts, Given<ushort>? Types, Given<uint>? DccpOption) : Match
{
    private const int Request = 0, Response = 1, Data = 2, Reset = 7, SyncAck = 9;

    private static readonly Option<ValueRange> Source = Transport.SourcePort(Values.ResolvedPorts);
    private static readonly Option<ValueRange> Destination = Transport.DestinationPort(Values.ResolvedPorts);
    private static readonly Option<ushort> PacketTypes = Option.Value("--dccp-types", Values.DccpTypes).Negatable();
    private static readonly Option<uint> OptionKind = Option.Value("--dccp-option", Values.Number(byte.MaxValue, minimum: 1)).Negatable();

    public static readonly MatchModule Module = new("dccp")
    {
        Summary = "Matches the ports, packet types and options of DCCP packets.",
        Protocols = [Transport.Dccp],
        ImpliedBy = [Transport.Dccp],
        Options = [Source, Destination, PacketTypes, OptionKind],
        Create = given => new DccpMatch(given.Get(Source), given.Get(Destination), given.Get(PacketTypes), given.Get(OptionKind)),
        Examples =
        [
            Accepts("-p dccp -m dccp"),
            Accepts("-p dccp -m dccp ! --sport : --dport 5:", prints: "-p dccp -m dccp ! --sport 0:65535 --dport 5:65535"),
            Accepts("-p dccp -m dccp --sport 20:10 --dport ssh", prints: "-p dccp -m dccp --sport 20:10 --dport 22"),
            Accepts("-p dccp -m dccp ! --dccp-types sync,REQUEST", prints: "-p dccp -m dccp ! --dccp-types REQUEST,SYNC"),
            Accepts("-p dccp -m dccp ! --dccp-option 255"),
            Rejects("-p dccp -m dccp --dccp-types FOO"),
            Rejects("-p dccp -m dccp --dccp-option 0"),
            Rejects("-p udp -m dccp --dport 80"),
            Hits("-p dccp -m dccp --dport 80 --dccp-types REQUEST", Packet.Dccp(1, 80, Request)),
            Hits("-p dccp -m dccp --dccp-option 44", Packet.Dccp(1, 80, Data).WithTransportByte(4, 5).WithPayload(0, 44, 2, 0)),
            Hits("-p dccp -m dccp ! --dccp-types DATA,ACK", Packet.Dccp(1, 80, Reset).InIPv6()),
            Hits("-p dccp -m dccp --dccp-types INVALID", Packet.Dccp(1, 80, 15)),
            Misses("-p dccp -m dccp --dccp-types REQUEST", Packet.Dccp(1, 80, Response)),
            Misses("-p dccp -m dccp ! --dport 80", Packet.Dccp(1, 80, Request)),
            Misses("-p dccp -m dccp --dccp-option 44", Packet.Dccp(1, 80, Data)),
            Hotdrops("-p dccp -m dccp", Packet.Dccp(1, 80, Request).Keep(11)),
            Hotdrops("-p dccp -m dccp --dccp-option 44", Packet.Dccp(1, 80, Request)),
            Hotdrops("-p dccp -m dccp ! --dccp-option 44 -m length --length 5", Packet.Dccp(1, 80, Data).WithTransportByte(4, 6)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var guard = Transport.Header(12);
        if (SourcePorts is { } source) { guard = guard.And(Field.SourcePort.In(source)); }
        if (DestinationPorts is { } destination) { guard = guard.And(Field.DestinationPort.In(destination)); }
        if (Types is { } types) { guard = guard.And(TypeTest(types)); }
        return DccpOption is { } option ? guard.And(new Search(Find((int)option.Value), option.IsNegated, CountsHotdrop: option.IsNegated)) : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (SourcePorts is { } source) { writer.Write(Source, Values.Text(source.Value), source.IsNegated); }
        if (DestinationPorts is { } destination) { writer.Write(Destination, Values.Text(destination.Value), destination.IsNegated); }
        if (Types is { } types) { writer.Write(PacketTypes, Values.DccpTypeText(types.Value), types.IsNegated); }
        if (DccpOption is { } option) { writer.Write(OptionKind, $"{option.Value}", option.IsNegated); }
    }

    /// <summary>The type stands in bits 1 to 4 of byte 8. INVALID is every number that has no name.</summary>
    private static Test TypeTest(Given<ushort> types)
    {
        const int Invalid = 10;
        var values = ValueSet.Union(Enumerable.Range(0, 16).Where(type => (types.Value & 1 << Math.Min(type, Invalid)) != 0)
            .Select(type => new ValueRange((UInt128)(type << 1), (UInt128)(type << 1))));
        var field = Field.Bytes(HeaderBase.Transport, 8, 1, "DCCP type");
        return new Test(field, 0x1e, types.IsNegated ? values.Complement(field.Bits) : values);
    }

    /// <summary>Options stand between the fixed header of the packet's type (<c>__dccp_hdr_len</c>) and the data offset.</summary>
    private static StepProgram Find(int kind)
    {
        Local place = new(0), end = new(1), octet = new(2);
        var header = new OffsetOf(HeaderBase.Transport);
        var type = (octet >> 1) & 15;
        return new("dccp_option", Locals: 3,
        [
            Byte(octet, header + 8),
            Set(place, 12 + (octet & 1) * 4),
            IfElse(type.Is(Request), [Set(place, place + 4)],
            [
                IfElse(type.Is(Response), [Set(place, place + 12)],
                [
                    IfElse(type.Is(Reset), [Set(place, place + 12)],
                    [
                        IfElse(type.Above(SyncAck), [Set(place, place + 12)], [If(type.IsNot(Data), Set(place, place + 8))]),
                    ]),
                ]),
            ]),
            Byte(octet, header + 4),
            Set(end, octet * 4),
            If(end.Below(place), Hotdrop),
            If(end.Is(place), NotFound),
            Set(place, header + place),
            Set(end, header + end),
            If(end.Above(new PacketEnd()), Hotdrop),
            HeaderOptions.Find(kind, 1020, place, end, octet),
        ]);
    }
}
