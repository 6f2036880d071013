using System.Collections.Immutable;
using System.Globalization;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Searches the packet for a string, from the IP header on (net/netfilter/xt_string.c, <c>skb_find_text</c>).
/// </summary>
/// <param name="Pattern">The bytes looked for, and whether they must be absent.</param>
/// <param name="Algorithm"><c>bm</c> or <c>kmp</c>, which find the same.</param>
/// <param name="From">Where the search begins, in bytes from the IP header's first.</param>
/// <param name="To">Where the string must have ended.</param>
/// <param name="IgnoresCase">Whether letters are compared as capitals (of ISO 8859-1, as the kernel's <c>toupper</c> takes them).</param>
public sealed record StringMatch(Given<EquatableArray<byte>> Pattern, string Algorithm, uint From, uint To, bool IgnoresCase) : Match
{
    private const ulong EachByte = 0x0101010101010101;

    private static readonly Option<uint> FromOffset = Option.Value("--from", Values.Number(ushort.MaxValue));
    private static readonly Option<uint> ToOffset = Option.Value("--to", Values.Number(ushort.MaxValue));
    private static readonly Option<string> Algo = Option.Value("--algo", Values.SearchAlgorithm).Required();
    private static readonly Option<EquatableArray<byte>> Text = Option.Value("--string", Values.Pattern).Negatable();
    private static readonly Option<EquatableArray<byte>> HexText = Option.Value("--hex-string", Values.HexPattern).Negatable();
    private static readonly Flag Icase = Option.Flag("--icase");

    public static readonly MatchModule Module = new("string")
    {
        Summary = "Searches the packet for a string, the IP header included.",
        Options = [FromOffset, ToOffset, Algo, Text, HexText, Icase],
        Create = Read,
        Examples =
        [
            Accepts("-m string --string x --algo bm", prints: "-m string --string \"x\" --algo bm"),
            Accepts("-m string --icase --algo kmp --from 5 ! --string \"hello world\" --to 0x64", prints: "-m string ! --string \"hello world\" --algo kmp --from 5 --to 100 --icase"),
            Accepts("-m string --string \"a\\\"b'c\\\\d|41|\" --algo bm --from 0 --to 65535", prints: "-m string --string \"a\\\"b'c\\\\d|41|\" --algo bm"),
            Accepts("-m string ! --hex-string \"|41 42|c|0d0a|\" --algo bm", prints: "-m string ! --hex-string \"|4142630d0a|\" --algo bm"),
            Accepts("-m string --hex-string \"|41||42|\" --algo bm", prints: "-m string --string \"A|42\" --algo bm"),
            Accepts("-m string --hex-string \"a\\\\|b|22|\" --algo bm", prints: "-m string --string \"a|b\\\"\" --algo bm"),
            Accepts("-m string --hex-string \"|c3a9|\" --algo bm"),
            Accepts("-m string --string \"ab\\\\\" --algo bm", prints: "-m string --hex-string \"|61625c|\" --algo bm"),
            Accepts("-m string --hex-string \"abc|\" --algo bm", prints: "-m string --string \"abc\" --algo bm"),
            Rejects("-m string --string x"),
            Rejects("-m string --algo bm"),
            Rejects("-m string --string \"\" --algo bm"),
            Rejects("-m string --string x --algo fsm"),
            Rejects("-m string --string x --hex-string y --algo bm"),
            Rejects("-m string --string x --algo bm --from 10 --to 5"),
            Rejects("-m string --string x --algo bm --to 65536"),
            Rejects("-m string --hex-string \"|4|\" --algo bm"),
            Rejects("-m string --hex-string \"|41 42\" --algo bm"),
            Rejects("-m string --hex-string \"|41  42|\" --algo bm"),
            Hits("-m string --algo bm --string hello", Udp("say hello")),
            Hits("-m string --algo kmp --hex-string \"|0a000002|\"", Packet.Udp(1, 53)),
            Hits("-m string --algo bm --icase --string \"HeLLo w\"", Udp("..hello W..")),
            Hits("-m string --algo bm --icase --hex-string \"|c9e0|x\"", Packet.Udp(1, 53).WithPayload(0xe9, 0xc0, (byte)'X')),
            Hits("-m string --algo bm --from 28 --to 40 --string hello", Udp("1234567hello")),
            Hits("-m string --algo kmp --from 35 --string hello", Udp("1234567hello")),
            Hits("-m string --algo bm --string abab0123456789", Udp("ababab0123456789ababab")),
            Hits("-m string --algo bm ! --string hello", Udp("hellO")),
            Hits("-m string --algo bm --string x", Packet.Udp6(1, 53).WithPayload((byte)'x')),
            Misses("-m string --algo bm --from 28 --to 39 --string hello", Udp("1234567hello")),
            Misses("-m string --algo bm --from 36 --string hello", Udp("1234567hello")),
            Misses("-m string --algo bm --string \"hello world\"", Udp("hello worl")),
            Misses("-m string --algo bm --icase --string \"[\"", Udp("{")),
            Misses("-m string --algo bm --string x", Packet.Udp(1, 53).Padded(8, (byte)'x')),
            Misses("-m string --algo bm --from 60000 --string x", Udp("x")),
            Misses("-m string --algo kmp ! --string hello", Udp("say hello")),
            Defers("-m string --algo bm --icase --hex-string \"|ff|\"", DeferReason.Match, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    /// <summary>
    /// Capitals of ß and ÿ would be 0xbf and 0xdf, and the kernel's tables are at odds about them: whether such a pattern is found depends on
    /// where. (In what it did not receive in one piece the kernel's Boyer-Moore also misses strings across the seams; such packets are no
    /// packets fresh from the wire.)
    /// </summary>
    public override Guard Meaning(Family family) => IgnoresCase && Pattern.Value.Any(b => Upper(b) is 0xbf or 0xdf)
        ? Guard.Of(new Unknowable(DeferReason.Match))
        : Guard.Of(new Search(Find(), Pattern.IsNegated));

    public override void Print(OptionWriter writer)
    {
        if (Pattern.Value.All(b => b is >= 0x20 and < 0x7f) && Pattern.Value[^1] != '\\')
        {
            var text = string.Concat(Pattern.Value.Select(b => b is (byte)'"' or (byte)'\\' ? $"\\{(char)b}" : $"{(char)b}"));
            writer.Write(Text, $"\"{text}\"", Pattern.IsNegated);
        }
        else
        {
            writer.Write(HexText, $"\"|{Convert.ToHexStringLower([.. Pattern.Value])}|\"", Pattern.IsNegated);
        }

        writer.Write(Algo, Algorithm);
        if (From != 0) { writer.Write(FromOffset, From.ToString(CultureInfo.InvariantCulture)); }
        if (To != ushort.MaxValue) { writer.Write(ToOffset, To.ToString(CultureInfo.InvariantCulture)); }
        if (IgnoresCase) { writer.Write(Icase); }
    }

    private static StringMatch? Read(GivenOptions given)
    {
        if (given.Has(Text) == given.Has(HexText))
        {
            given.Fail(given.Has(Text) ? HexText : null, "exactly one of --string and --hex-string must be given");
            return null;
        }

        var (from, to) = (given.Get(FromOffset, 0u).Value, given.Get(ToOffset, (uint)ushort.MaxValue).Value);
        if (from > to)
        {
            given.Fail(ToOffset, $"the search would end before it begins: --from {from}, --to {to}");
            return null;
        }

        var pattern = given.Get(Text) ?? given.Get(HexText);
        return pattern is { } bytes && given.Get(Algo) is { } algorithm ? new(bytes, algorithm.Value, from, to, given.Has(Icase)) : null;
    }

    /// <summary>
    /// Goes through the packet eight places at a time as long as the first byte is at none of them. A byte of the eight that equals it
    /// becomes 0, and <c>(x - 1) &amp; ~x &amp; 0x80</c> in each byte says whether one is.
    /// </summary>
    private StepProgram Find()
    {
        Local place = new(0), end = new(1), word = new(2);
        var header = new OffsetOf(HeaderBase.Network);
        var (mask, first) = Wanted(0, 1);
        var masked = mask == 0xff ? (Expression)word : word & new Constant(mask * EachByte);
        var highest = new Constant(0x80 * EachByte);
        return new("string", Locals: 3,
        [
            Set(place, header + (int)From),
            Set(end, header + (int)To),
            If(end.Above(new PacketEnd()), Set(end, new PacketEnd())),
            new Repeat((int)(To - From) + 2,
            [
                If((place + Pattern.Value.Count).Above(end), NotFound),
                IfElse((place + 8).Above(end),
                    [Set(word, 1)],
                    [
                        new Read(word.Index, place, 8, SearchResult.NoMatch),
                        Set(word, masked ^ new Constant(first * EachByte)),
                        Set(word, (word - new Constant(EachByte)) & (word ^ new Constant(ulong.MaxValue)) & highest),
                    ]),
                IfElse(word.Is(0),
                    [Set(place, place + 8)],
                    [.. Compare(0, place, word), Set(place, place + 1)]),
            ]),
        ]);
    }

    /// <summary>Found, when the pattern from <paramref name="done"/> on stands at the place.</summary>
    private ImmutableArray<Step> Compare(int done, Local place, Local word)
    {
        var left = Pattern.Value.Count - done;
        if (left == 0) { return [Found]; }
        var size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        var (mask, value) = Wanted(done, size);
        var masked = mask == ulong.MaxValue >> (64 - 8 * size) ? (Expression)word : word & new Constant(mask);
        return
        [
            new Read(word.Index, place + done, size, SearchResult.NoMatch),
            new When(masked.Is(new Constant(value)), Compare(done + size, place, word), []),
        ];
    }

    /// <summary>Bytes of the pattern as one number, and which of its bits count: capitals and small letters differ in one bit.</summary>
    private (ulong Mask, ulong Value) Wanted(int start, int count)
    {
        ulong mask = 0, value = 0;
        foreach (var b in Pattern.Value.Skip(start).Take(count))
        {
            var upper = IgnoresCase ? Upper(b) : b;
            var isLetter = IgnoresCase && Upper((byte)(upper | 0x20)) == upper && (upper & 0x20) == 0;
            mask = mask << 8 | (isLetter ? 0xdfu : 0xffu);
            value = value << 8 | upper;
        }

        return (mask, value);
    }

    /// <summary>The kernel's <c>toupper</c> (lib/ctype.c).</summary>
    private static byte Upper(byte b) => b is (>= (byte)'a' and <= (byte)'z') or (>= 0xdf and not 0xf7) ? (byte)(b - 0x20) : b;

    private static Packet Udp(string payload) => Packet.Udp(1, 53).WithPayload([.. payload.Select(c => (byte)c)]);
}
