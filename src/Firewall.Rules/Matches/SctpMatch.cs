using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>Matches SCTP ports and chunks (net/netfilter/xt_sctp.c).</summary>
/// <remarks>
/// A packet that <c>--chunk-types</c> cannot read is dropped. Negated, the kernel counts it for the rule before it drops it, if the rest of the rule
/// matches.
/// </remarks>
/// <param name="SourcePorts">Where the packet comes from; null to ask nothing.</param>
/// <param name="DestinationPorts">Where it goes; null to ask nothing.</param>
/// <param name="Chunks">Which chunks it carries; null to ask nothing.</param>
public sealed record SctpMatch(Given<ValueRange>? SourcePorts, Given<ValueRange>? DestinationPorts, Given<SctpChunkTest>? Chunks) : Match
{
    private static readonly Option<ValueRange> Source = Transport.SourcePort(Values.Ports(Transport.Sctp));
    private static readonly Option<ValueRange> Destination = Transport.DestinationPort(Values.Ports(Transport.Sctp));
    private static readonly Option<SctpChunkTest> ChunkTypes = Option.Value("--chunk-types", Values.SctpChunks).Negatable();

    public static readonly MatchModule Module = new("sctp")
    {
        Summary = "Matches the ports and chunk types of SCTP packets.",
        Protocols = [Transport.Sctp],
        ImpliedBy = [Transport.Sctp],
        Options = [Source, Destination, ChunkTypes],
        Create = given => new SctpMatch(given.Get(Source), given.Get(Destination), given.Get(ChunkTypes)),
        Examples =
        [
            Accepts("-p sctp -m sctp"),
            Accepts("-p sctp -m sctp --sport :", prints: "-p sctp -m sctp --sport 0:65535"),
            Accepts("-p sctp -m sctp ! --dport amqp", prints: "-p sctp -m sctp ! --dport 5672"),
            Accepts("-p sctp -m sctp --chunk-types ANY init,data:ub", prints: "-p sctp -m sctp --chunk-types any DATA:ub,INIT"),
            Accepts("-p sctp -m sctp --chunk-types any I_DATA:U,PAD", prints: "-p sctp -m sctp --chunk-types any I_DATA,PAD"),
            Accepts("-p sctp -m sctp ! --chunk-types only ALL"),
            Accepts("-p sctp -m sctp --chunk-types all NONE"),
            Rejects("-p sctp -m sctp --chunk-types foo DATA"),
            Rejects("-p sctp -m sctp --chunk-types any DATA,all"),
            Rejects("-p sctp -m sctp --chunk-types any DATA:x"),
            Rejects("-p udp -m sctp --dport 80"),
            Hits("-p sctp -m sctp --dport 80", Packet.Sctp(1, 80)),
            Hits("-p sctp -m sctp --chunk-types all INIT,DATA", Packet.Sctp(1, 80, 0, 0, 0, 4, 1, 0, 0, 5, 9, 0, 0, 0)),
            Hits("-p sctp -m sctp --chunk-types any DATA:U", Packet.Sctp(1, 80, 3, 0, 0, 4, 0, 4, 0, 4).InIPv6()),
            Hits("-p sctp -m sctp --chunk-types only INIT", Packet.Sctp(1, 80, 1, 0, 0, 4)),
            Misses("-p sctp -m sctp ! --sport 1", Packet.Sctp(1, 80)),
            Misses("-p sctp -m sctp --chunk-types any INIT", Packet.Sctp(1, 80, 3, 0, 0, 4)),
            Misses("-p sctp -m sctp --chunk-types all INIT,DATA", Packet.Sctp(1, 80, 1, 0, 0, 4)),
            Misses("-p sctp -m sctp --chunk-types only INIT", Packet.Sctp(1, 80, 1, 0, 0, 4, 3, 0, 0, 4)),
            Misses("-p sctp -m sctp ! --chunk-types any INIT", Packet.Sctp(1, 80, 1, 0, 0, 4)),
            Hotdrops("-p sctp -m sctp", Packet.Sctp(1, 80).Keep(11)),
            Hotdrops("-p sctp -m sctp --chunk-types any INIT", Packet.Sctp(1, 80)),
            Hotdrops("-p sctp -m sctp ! --chunk-types any INIT -m length --length 5", Packet.Sctp(1, 80, 3, 0, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var guard = Transport.Header(12);
        if (SourcePorts is { } source) { guard = guard.And(Field.SourcePort.In(source)); }
        if (DestinationPorts is { } destination) { guard = guard.And(Field.DestinationPort.In(destination)); }
        return Chunks is { } chunks ? guard.And(new Search(Find(chunks.Value), chunks.IsNegated, CountsHotdrop: chunks.IsNegated)) : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (SourcePorts is { } source) { writer.Write(Source, Values.Text(source.Value), source.IsNegated); }
        if (DestinationPorts is { } destination) { writer.Write(Destination, Values.Text(destination.Value), destination.IsNegated); }
        if (Chunks is { } chunks) { writer.Write(ChunkTypes, Values.SctpChunkText(chunks.Value), chunks.IsNegated); }
    }

    /// <summary><c>match_packet</c>: a chunk that is cut or has length 0 drops the packet.</summary>
    private static StepProgram Find(SctpChunkTest test)
    {
        Local place = new(0), chunk = new(1), listed = new(2), flagsFit = new(3);
        Local[] missing = [new(4), new(5), new(6), new(7)];
        var type = chunk >> 24;
        var bit = type & 63;
        var types = Enumerable.Range(0, 4).Select(test.TypesFrom64).ToArray();

        return new("sctp_chunks", Locals: 8,
        [
            Set(place, new OffsetOf(HeaderBase.Transport) + 12),
            .. types.Select((set, word) => Set(missing[word], new Constant(set))),
            new Repeat(16_384,
            [
                new Read(chunk.Index, place, 4, SearchResult.Hotdrop),
                If((chunk & 0xffff).Is(0), Hotdrop),
                Set(place, place + (((chunk & 0xffff) + 3) & 0x1fffc)),
                Set(listed, 0),
                .. types.Select((set, word) => If((type >> 6).Is(word), Set(listed, (new Constant(set) >> bit) & 1))),
                Set(flagsFit, 1),
                .. test.Flags.Select(f => If(type.Is(f.Type), If(((chunk >> 16) & f.Mask).IsNot(f.Set), Set(flagsFit, 0)))),
                .. test.Kind switch
                {
                    SctpChunkKind.Any => [If((listed & flagsFit).Is(1), Found)],
                    SctpChunkKind.Only => [If((listed & flagsFit).Is(0), NotFound)],
                    _ => missing.Select((left, word) => If((type >> 6).Is(word), Set(left, left - (left & ((listed & flagsFit) << bit))))),
                },
                If(place.AtLeast(new PacketEnd()), Leave),
            ]),
            test.Kind switch
            {
                SctpChunkKind.Any => NotFound,
                SctpChunkKind.Only => Found,
                _ => If((missing[0] | missing[1] | missing[2] | missing[3]).Is(0), Found),
            },
        ]);
    }
}
