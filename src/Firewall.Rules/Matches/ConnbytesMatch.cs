using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>What connbytes counts.</summary>
public enum ConnbytesMode
{
    Packets,
    Bytes,

    /// <summary>Bytes of an average packet, rounded down.</summary>
    Average,
}

/// <summary>Which direction connbytes counts.</summary>
public enum ConnbytesDirection
{
    Original,
    Reply,
    Both,
}

/// <summary>
/// Matches what the packet's connection has carried, this packet included (net/netfilter/xt_connbytes.c). An entry that is not accounted never matches; loading the
/// rule switches accounting on for entries to come. Negation is written by exchanging the ends of the range, so that <c>! 10:10</c> is <c>10:10</c>.
/// </summary>
/// <param name="Range">Packets or bytes; a negated range excludes its ends, too.</param>
/// <param name="Mode">What is counted.</param>
/// <param name="Direction">In which direction.</param>
public sealed record ConnbytesMatch(Given<ValueRange> Range, ConnbytesMode Mode, ConnbytesDirection Direction) : Match
{
    private static readonly string[] ModeNames = ["packets", "bytes", "avgpkt"], DirectionNames = ["original", "reply", "both"];

    private static readonly Option<ValueRange> RangeOption = Option.Value("--connbytes", Values.OpenRange).Required().Negatable();
    private static readonly Option<int> DirectionOption = Option.Value("--connbytes-dir", Values.OneOf("connbytes-direction", DirectionNames)).Required();
    private static readonly Option<int> ModeOption = Option.Value("--connbytes-mode", Values.OneOf("connbytes-mode", ModeNames)).Required();

    private static readonly Field OriginalPackets = Field.TrackCounter(FieldKind.TrackOriginalPackets), ReplyPackets = Field.TrackCounter(FieldKind.TrackReplyPackets);
    private static readonly Field OriginalBytes = Field.TrackCounter(FieldKind.TrackOriginalBytes), ReplyBytes = Field.TrackCounter(FieldKind.TrackReplyBytes);

    public static readonly MatchModule Module = new("connbytes")
    {
        Summary = "Matches how many packets or bytes the packet's connection has carried.",
        Options = [RangeOption, DirectionOption, ModeOption],
        Create = Read,
        Examples =
        [
            Accepts("-m connbytes --connbytes 10:20 --connbytes-mode packets --connbytes-dir original"),
            Accepts("-m connbytes --connbytes :0x10 --connbytes-dir both --connbytes-mode avgpkt", prints: "-m connbytes --connbytes 0:16 --connbytes-mode avgpkt --connbytes-dir both"),
            Accepts("-m connbytes --connbytes 10: --connbytes-dir reply --connbytes-mode bytes", prints: "-m connbytes --connbytes 10 --connbytes-mode bytes --connbytes-dir reply"),
            Accepts("-m connbytes ! --connbytes 10 --connbytes-mode bytes --connbytes-dir both"),
            Accepts("-m connbytes ! --connbytes 10:10 --connbytes-mode bytes --connbytes-dir both", prints: "-m connbytes --connbytes 10:10 --connbytes-mode bytes --connbytes-dir both"),
            Rejects("-m connbytes --connbytes 20:10 --connbytes-dir both --connbytes-mode bytes"),
            Rejects("-m connbytes --connbytes 1: --connbytes-dir both"),
            Rejects("-m connbytes --connbytes 1: --connbytes-dir Both --connbytes-mode bytes"),
            Rejects("-m connbytes --connbytes 18446744073709551616 --connbytes-dir both --connbytes-mode bytes"),
            Carried(Hits("-m connbytes --connbytes 3:3 --connbytes-dir both --connbytes-mode packets", Packet.Tcp(1, 80)), 2, 200, 1, 90),
            Carried(Hits("-m connbytes --connbytes 96:96 --connbytes-dir both --connbytes-mode avgpkt", Packet.Tcp(1, 80)), 2, 200, 1, 90),
            Carried(Hits("-m connbytes ! --connbytes 201:400 --connbytes-dir original --connbytes-mode bytes", Packet.Tcp6(1, 80)), 2, 200, 1, 90),
            Carried(Misses("-m connbytes ! --connbytes 200:400 --connbytes-dir original --connbytes-mode bytes", Packet.Tcp6(1, 80)), 2, 200, 1, 90),
            Carried(Misses("-m connbytes --connbytes 0: --connbytes-dir original --connbytes-mode bytes", Packet.Tcp(1, 80)), 0, 0, 0, 0),
            Carried(Hits("-m connbytes --connbytes 0:0 --connbytes-dir reply --connbytes-mode avgpkt", Packet.Tcp(1, 80)), 2, 200, 0, 0),
            Misses("-m connbytes --connbytes 0: --connbytes-dir original --connbytes-mode bytes", Packet.Tcp(1, 80)).Knowing(Field.HasConnection, 0),
            Defers("-m connbytes --connbytes 1: --connbytes-dir both --connbytes-mode bytes", DeferReason.Connection, Packet.Tcp(1, 80)).Knowing(Field.HasConnection, 1),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(Field.HasConnection.Is(1), new Search(Count(), Negated: false));

    public override void Print(OptionWriter writer)
    {
        var (low, high) = (Range.Value.Low, Range.Value.High);
        writer.Write(RangeOption, high == ulong.MaxValue ? $"{low}" : $"{low}:{high}", Range.IsNegated && low != high);
        writer.Write(ModeOption, ModeNames[(int)Mode]);
        writer.Write(DirectionOption, DirectionNames[(int)Direction]);
    }

    private static ConnbytesMatch? Read(GivenOptions given) =>
        given.Get(RangeOption) is { } range && given.Get(ModeOption) is { } mode && given.Get(DirectionOption) is { } direction
            ? new(range, (ConnbytesMode)mode.Value, (ConnbytesDirection)direction.Value)
            : null;

    private static Example Carried(Example example, UInt128 packets, UInt128 bytes, UInt128 replyPackets, UInt128 replyBytes) => example
        .Knowing(Field.HasConnection, 1).Knowing(OriginalPackets, packets).Knowing(OriginalBytes, bytes).Knowing(ReplyPackets, replyPackets).Knowing(ReplyBytes, replyBytes);

    /// <summary>
    /// This packet has been counted before the rule is asked, so an entry without any packet is one that is not accounted.
    /// </summary>
    private StepProgram Count()
    {
        Local packets = new(0), bytes = new(1), what = new(2);
        var (low, high) = (new Constant((ulong)Range.Value.Low), new Constant((ulong)Range.Value.High));
        ImmutableArray<Step> isIn = [If(what.Below(low), NotFound), If(what.Above(high), NotFound), Found];
        ImmutableArray<Step> isOut = [If(what.Below(low), Found), If(what.Above(high), Found), NotFound];
        return new("connbytes", Locals: 3,
        [
            If((new Ask(OriginalPackets) + new Ask(ReplyPackets)).Is(0), NotFound),
            Set(packets, Counted(OriginalPackets, ReplyPackets)),
            .. Mode == ConnbytesMode.Packets ? [] : new[] { Set(bytes, Counted(OriginalBytes, ReplyBytes)) },
            Set(what, Mode switch
            {
                ConnbytesMode.Packets => packets,
                ConnbytesMode.Bytes => bytes,

                // Division by zero gives zero here as in the kernel, which does not divide then.
                _ => bytes / packets,
            }),
            .. Range.IsNegated && low != high ? isOut : isIn,
        ]);
    }

    private Expression Counted(Field original, Field reply) => Direction switch
    {
        ConnbytesDirection.Original => new Ask(original),
        ConnbytesDirection.Reply => new Ask(reply),
        _ => new Ask(original) + new Ask(reply),
    };
}
