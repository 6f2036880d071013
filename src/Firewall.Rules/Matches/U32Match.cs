using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>
/// Computes with four bytes of the packet at a time (net/netfilter/xt_u32.c). Places count from the IP header; one that is not in the packet
/// makes the expression false, so that <c>!</c> makes it true.
/// </summary>
public sealed record U32Match(Given<EquatableArray<U32Test>> Tests) : Match
{
    private static readonly Option<EquatableArray<U32Test>> U32 = Option.Value("--u32", Values.U32).Required().Negatable();

    public static readonly MatchModule Module = new("u32")
    {
        Summary = "Computes with four bytes of the packet at a time and compares.",
        Options = [U32],
        Create = given => given.Get(U32) is { } tests ? new U32Match(tests) : null,
        Examples =
        [
            Accepts("-m u32 --u32 6&0xFF=17", prints: "-m u32 --u32 \"0x6&0xff=0x11\""),
            Accepts("-m u32 ! --u32 \"6 & 0xFF = 0 : 5 , 07 && 0 >> 22 & 0x3C @ 0 << 1 =53\"", prints: "-m u32 ! --u32 \"0x6&0xff=0x0:0x5,0x7&&0x0>>0x16&0x3c@0x0<<0x1=0x35\""),
            Accepts("-m u32 --u32 +1=5:4", prints: "-m u32 --u32 \"0x1=0x5:0x4\""),
            Accepts("-m u32 --u32 \"0&1&2&3&4&5&6&7&8&9=1,2,3,4,5,6,7,8,9,10\"", prints: "-m u32 --u32 \"0x0&0x1&0x2&0x3&0x4&0x5&0x6&0x7&0x8&0x9=0x1,0x2,0x3,0x4,0x5,0x6,0x7,0x8,0x9,0xa\""),
            Rejects("-m u32"),
            Rejects("-m u32 --u32 0"),
            Rejects("-m u32 --u32 0=1&&"),
            Rejects("-m u32 --u32 \"0=1& &0=2\""),
            Rejects("-m u32 --u32 0>>32=1"),
            Rejects("-m u32 --u32 0=-1"),
            Rejects("-m u32 --u32 0=0x100000000"),
            Rejects("-m u32 --u32 0=1:"),
            Rejects("-m u32 --u32 0&1&2&3&4&5&6&7&8&9&10=1"),
            Rejects("-m u32 --u32 0=1,2,3,4,5,6,7,8,9,10,11"),
            Rejects("-m u32 --u32 0=1&&0=1&&0=1&&0=1&&0=1&&0=1&&0=1&&0=1&&0=1&&0=1&&0=1"),
            Hits("-m u32 --u32 \"6&0xFF=17 && 0>>22&0x3C@0&0xFFFF=53\"", Packet.Udp(1, 53)),
            Hits("-m u32 --u32 \"6&0xFF=17 && 0>>22&0x3C@0&0xFFFF=53\"", Packet.Udp(1, 53).WithIPOptions(1, 1, 1, 1)),
            Hits("-m u32 --u32 \"0>>22&0x3C@12>>26&0x3C@0=0x47455420\"", Packet.Tcp(1, 80).WithTcpOptions(1, 1, 1, 1).WithPayload(0x47, 0x45, 0x54, 0x20)),
            Hits("-m u32 --u32 \"40&0xFFFF=1,50:60\"", Packet.Udp6(1, 53)),
            Hits("-m u32 ! --u32 0>>22&0x3C@100=1", Packet.Udp(1, 53)),
            Hits("-m u32 --u32 \"12<<24>>24=2\"", Packet.Udp(1, 53)),
            Misses("-m u32 --u32 \"0>>22&0x3C@100=0:0xffffffff\"", Packet.Udp(1, 53)),
            Misses("-m u32 --u32 25=0:0xffffffff", Packet.Udp(1, 53).Padded(8)),
            Misses("-m u32 --u32 0xffffffff=0:0xffffffff", Packet.Udp(1, 53)),
            Misses("-m u32 --u32 0@0@0=0:0xffffffff", Packet.Udp(1, 53)),
            Misses("-m u32 --u32 0=5:4", Packet.Udp(1, 53)),
            Misses("-m u32 ! --u32 \"6&0xFF=17\"", Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(AllHold(), Tests.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(U32, $"\"{Values.U32Text(Tests.Value)}\"", Tests.IsNegated);

    private StepProgram AllHold()
    {
        Local value = new(0), start = new(1), isIn = new(2);
        return new("u32", Locals: 3, [.. Tests.Value.SelectMany(test => Holds(test, value, start, isIn)), Found]);
    }

    /// <summary>The start may exceed 32 bits only where the kernel has given up already: behind the packet's end.</summary>
    private static IEnumerable<Step> Holds(U32Test test, Local value, Local start, Local isIn)
    {
        yield return Set(start, new OffsetOf(HeaderBase.Network));
        yield return ReadAt(test.Place);
        foreach (var (op, number) in test.Operations)
        {
            switch (op)
            {
                case U32Operator.And:
                    yield return Set(value, value & new Constant(number));
                    break;
                case U32Operator.ShiftLeft:
                    yield return Set(value, (value << (int)number) & new Constant(uint.MaxValue));
                    break;
                case U32Operator.ShiftRight:
                    yield return Set(value, value >> (int)number);
                    break;
                default:
                    yield return Set(start, start + value);
                    yield return ReadAt(number);
                    break;
            }
        }

        var values = ValueSet.Union(test.Values);
        if (values.IsSingle)
        {
            yield return If(value.IsNot(new Constant((ulong)values.Ranges[0].Low)), NotFound);
            yield break;
        }

        yield return Set(isIn, 0);
        foreach (var range in values.Ranges)
        {
            yield return If(value.AtLeast(new Constant((ulong)range.Low)), If(value.Below(new Constant((ulong)range.High + 1)), Set(isIn, 1)));
        }

        yield return If(isIn.Is(0), NotFound);

        Step ReadAt(uint place) => new Read(value.Index, start + new Constant(place), 4, SearchResult.NoMatch);
    }
}
