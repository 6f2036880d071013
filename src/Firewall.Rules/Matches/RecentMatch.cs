using System.Collections.Immutable;
using System.Text;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>What a rule does to a list of addresses.</summary>
public enum RecentAction
{
    /// <summary>Adds the address, or a stamp to it; always matches.</summary>
    Set,

    /// <summary>Asks for the address.</summary>
    Check,

    /// <summary>Asks for the address, and adds a stamp when the rule (negation included) matches.</summary>
    Update,

    /// <summary>Asks for the address, and takes it off the list.</summary>
    Remove,
}

/// <summary>
/// Matches addresses seen before, by lists that rules share by name (net/netfilter/xt_recent.c). A list keeps the times of an address's last hits in a ring, and 100
/// addresses (<c>ip_list_tot</c>); the one longest without a hit makes room. The ring's size does not show as long as it holds as many stamps as any rule asks for.
/// </summary>
/// <param name="Action">What is done; negation exchanges match and no match.</param>
/// <param name="Seconds">Only hits of so many last seconds count; 0 for all.</param>
/// <param name="Reaps">Whether the address longest without a hit is taken off the list when that is longer ago than <paramref name="Seconds"/>.</param>
/// <param name="HitCount">How many hits are needed; 0 means 1.</param>
/// <param name="SameTtl">Whether the time to live must be that of the last hit; 0 is any.</param>
/// <param name="Name">The list's name.</param>
/// <param name="Mask">Which bits of the address count. In the kernel the mask of the rule loaded first holds for the whole list.</param>
/// <param name="ByDestination">Whether it is about the destination instead of the source.</param>
/// <param name="Family">How the mask is written.</param>
public sealed record RecentMatch(
    Given<RecentAction> Action, uint Seconds, bool Reaps, uint HitCount, bool SameTtl, string Name, UInt128 Mask, bool ByDestination, Family Family) : Match
{
    private const int ListLength = 100, NameBytes = 199;

    /// <summary>Words of an entry: number of hits, time to live, ticket of the last hit, then the stamps.</summary>
    private const int CountWord = 0, TtlWord = 1, TicketWord = 2, FirstStamp = 3;

    /// <summary>Sizes of an entry, so that most rules agree on the smaller.</summary>
    private const int FewWords = 64, ManyWords = 1_024;

    private static readonly Flag SetOption = Option.Flag("--set").Negatable();
    private static readonly Flag CheckOption = Option.Flag("--rcheck").Negatable();
    private static readonly Flag UpdateOption = Option.Flag("--update").Negatable();
    private static readonly Flag RemoveOption = Option.Flag("--remove").Negatable();
    private static readonly Option<uint> SecondsOption = Option.Value("--seconds", Values.Number(uint.MaxValue, minimum: 1));
    private static readonly Flag ReapOption = Option.Flag("--reap");
    private static readonly Option<uint> HitsOption = Option.Value("--hitcount", Values.Number(uint.MaxValue));
    private static readonly Flag TtlOption = Option.Flag("--rttl");
    private static readonly Option<string> NameOption = Option.Value("--name", Values.FreeText);
    private static readonly Option<UInt128> MaskOption = Option.Value("--mask", Values.Host);
    private static readonly Flag SourceOption = Option.Flag("--rsource");
    private static readonly Flag DestinationOption = Option.Flag("--rdest");

    /// <summary>By <see cref="RecentAction"/>.</summary>
    private static readonly ImmutableArray<Flag> Actions = [SetOption, CheckOption, UpdateOption, RemoveOption];

    public static readonly MatchModule Module = new("recent")
    {
        Summary = "Matches addresses that were seen before, by lists that rules share.",
        Options =
        [
            NameOption, SetOption, SourceOption, DestinationOption, MaskOption, CheckOption, UpdateOption, RemoveOption, SecondsOption, ReapOption, HitsOption, TtlOption,
        ],
        Create = Read,
        Examples =
        [
            Accepts("-m recent --set", prints: "-m recent --set --name DEFAULT --mask 255.255.255.255 --rsource"),
            Accepts("-m recent ! --remove --name x --rsource --rdest", prints: "-m recent ! --remove --name x --mask 255.255.255.255 --rdest"),
            Accepts("-m recent --rdest --rttl --hitcount 0x4 --reap --seconds 60 --update --mask 255.255",
                prints: "-m recent --update --seconds 60 --reap --hitcount 4 --rttl --name DEFAULT --mask 255.0.0.255 --rdest"),
            Accepts("-m recent --rcheck --hitcount 0", prints: "-m recent --rcheck --name DEFAULT --mask 255.255.255.255 --rsource"),
            Accepts("-m recent --set --mask ffff:ffff::", prints: "-m recent --set --name DEFAULT --mask ffff:ffff:: --rsource").In(Family.IPv6),
            Accepts("-m recent --rcheck --hitcount 65535 --name y --mask 255.255.255.255 --rsource"),
            Rejects("-m recent"),
            Rejects("-m recent --set --rcheck"),
            Rejects("-m recent --set --seconds 5"),
            Rejects("-m recent --remove --hitcount 5"),
            Rejects("-m recent --set --rttl"),
            Rejects("-m recent --update --reap"),
            Rejects("-m recent --rcheck --seconds 0"),
            Rejects("-m recent --rcheck --hitcount 65536"),
            Rejects("-m recent --set --name a/b"),
            Rejects("-m recent --set --name .."),
            Rejects("-m recent --set --mask 64").In(Family.IPv6),
            Hits("-m recent --set", Packet.Udp(1, 53)),
            Hits("-m recent ! --rcheck", Packet.Udp(1, 53)),
            Hits("-m recent --set -m recent --rcheck", Packet.Udp6(1, 53)),
            Hits("-m recent --set --rdest --name b -m recent --remove --rdest --name b -m recent ! --rcheck --rdest --name b", Packet.Udp(1, 53)),
            Misses("-m recent --rcheck", Packet.Udp(1, 53)),
            Misses("-m recent ! --set", Packet.Udp6(1, 53)),
            Misses("-m recent --set --name c -m recent --rcheck --name c --hitcount 2", Packet.Udp(1, 53)),
            Misses("-m recent --set -m recent --rcheck --rdest", Packet.Udp(1, 53)),
            Plays("-m recent --set -m recent --update --seconds 2 --hitcount 3",
                (Packet.Udp(1, 53), 0, false), (Packet.Udp(1, 53), 100, false), (Packet.Udp(1, 53), 100, true), (Packet.Udp(1, 53).From("10.0.0.3"), 100, false),
                (Packet.Udp(1, 53), 3_000, false), (Packet.Udp(1, 53), 100, false), (Packet.Udp(1, 53), 100, true)),
            Plays("-m recent --set -m recent ! --rcheck --seconds 1 --hitcount 3 --mask 255.255.255.255",
                (Packet.Udp(1, 53), 0, true), (Packet.Udp(1, 53), 100, true), (Packet.Udp(1, 53), 100, false), (Packet.Udp(1, 53), 1_200, true)),
            Plays("-m recent --set --mask 255.255.255.0 -m recent --rcheck --hitcount 2 --mask 255.255.255.0",
                (Packet.Udp(1, 53), 0, false), (Packet.Udp(1, 53).From("10.0.0.77"), 100, true), (Packet.Udp(1, 53).From("10.0.1.77"), 100, false)),
            Plays("-m recent --set --name d -m recent --rcheck --name d --rttl --hitcount 2",
                (Packet.Udp(1, 53), 0, false), (Packet.Udp(1, 53).WithTtl(9), 100, true)),
            Defers("-m recent --rcheck --seconds 60 --reap", DeferReason.Memory, Packet.Udp(1, 53)),
            Defers("-m recent --rcheck --hitcount 2000", DeferReason.Memory, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    private int Words => HitCount > FewWords - FirstStamp ? ManyWords : FewWords;

    /// <summary>
    /// Both families share a list in the kernel, and its first rule's mask, of which an IPv4 rule gives the first 32 bits and sets the others.
    /// </summary>
    private Table List => new($"recent:{Name}", KeyWords: 3, Words, ListLength)
    {
        OldestBy = TicketWord,
        Terms = $"mask {(Family == Family.IPv4 ? Mask << 96 | UInt128.MaxValue >> 32 : Mask):x32}",
    };

    public override Guard Meaning(Family family)
    {
        var search = new Search(Ask(family), Action.IsNegated);

        // Reaping takes an address off the list that need not be the packet's. The search behind tells which list is no longer ours.
        return Reaps || HitCount > ManyWords - FirstStamp ? Guard.Of(new Unknowable(DeferReason.Memory), search) : Guard.Of(search);
    }

    public override void Print(OptionWriter writer)
    {
        writer.Write(Actions[(int)Action.Value], Action.IsNegated);
        if (Seconds != 0) { writer.Write(SecondsOption, $"{(int)Seconds}"); }
        if (Reaps) { writer.Write(ReapOption); }
        if (HitCount != 0) { writer.Write(HitsOption, $"{HitCount}"); }
        if (SameTtl) { writer.Write(TtlOption); }
        writer.Write(NameOption, Name);
        writer.Write(MaskOption, AddressText.Format(Mask, Family));
        writer.Write(ByDestination ? DestinationOption : SourceOption);
    }

    private static RecentMatch? Read(GivenOptions given)
    {
        var actions = Actions.Where(given.Has).ToList();
        if (actions is not [var action])
        {
            given.Fail(actions.Count > 1 ? actions[1] : null, "exactly one of --set, --rcheck, --update and --remove must be given");
            return null;
        }

        var (seconds, hits, name) = (given.Get(SecondsOption, 0u).Value, given.Get(HitsOption, 0u).Value, given.Get(NameOption, "DEFAULT").Value);
        var asks = action == CheckOption || action == UpdateOption;
        if (!asks && (seconds != 0 || hits != 0 || given.Has(TtlOption)))
        {
            given.Fail(action, $"{action.Name} takes none of --seconds, --hitcount and --rttl");
        }
        else if (given.Has(ReapOption) && seconds == 0)
        {
            given.Fail(ReapOption, "--reap needs --seconds");
        }
        else if (hits > ushort.MaxValue)
        {
            given.Fail(HitsOption, $"--hitcount is at most {ushort.MaxValue}");
        }
        else if (!IsFileName(name))
        {
            given.Fail(NameOption, $"`{name}` cannot be the name of a file in /proc");
        }

        if (given.Errors.Count > 0) { return null; }
        var side = given.Uses.LastOrDefault(u => u.Option == SourceOption || u.Option == DestinationOption);
        return new(
            new((RecentAction)Actions.IndexOf(action), given.Negation(action) == true), seconds, given.Has(ReapOption), hits, given.Has(TtlOption), name,
            given.Get(MaskOption, ValueSet.Maximum(given.Context.Family.AddressBits())).Value, side?.Option == DestinationOption, given.Context.Family);
    }

    /// <summary><c>xt_check_proc_name</c>; longer names than 199 bytes are not kept whole by iptables.</summary>
    private static bool IsFileName(string name) =>
        name.Length > 0 && name is not ("." or "..") && !name.Contains('/', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(name) <= NameBytes;

    private static Expression Stamp(Expression hit, int words) => hit % (words - FirstStamp) + FirstStamp;

    /// <summary>
    /// <c>recent_mt</c>. The time to live is the wire's, as the kernel adds the one that forwarding has taken.
    /// </summary>
    private StepProgram Ask(Family family)
    {
        Local high = new(0), low = new(1), ttl = new(2), found = new(3), now = new(4), ticket = new(5), count = new(6), stamp = new(7);
        var network = new OffsetOf(HeaderBase.Network);
        var list = List;
        ImmutableArray<Step> address = family == Family.IPv4
            ?
            [
                new Read(low.Index, network + (ByDestination ? 16 : 12), 4, SearchResult.NoMatch),
                Set(low, low & new Constant((ulong)Mask)),
                new Read(ttl.Index, network + 8, 1, SearchResult.NoMatch),
            ]
            :
            [
                new Read(high.Index, network + (ByDestination ? 24 : 8), 8, SearchResult.NoMatch),
                new Read(low.Index, network + (ByDestination ? 32 : 16), 8, SearchResult.NoMatch),
                Set(high, high & new Constant((ulong)(Mask >> 64))),
                Set(low, low & new Constant((ulong)Mask)),
                new Read(ttl.Index, network + 7, 1, SearchResult.NoMatch),
            ];

        return new("recent", Locals: 8,
        [
            .. address,
            new Find(found.Index, list, [new Constant((ulong)family), high, low]),
            .. Action.Value switch
            {
                RecentAction.Set =>
                [
                    If(found.Is(0), new Create(found.Index), If(found.Is(0), Hotdrop)),
                    .. Clock(),
                    new Atomically([new Fetch(count.Index, CountWord), .. Hit()]),
                    Found,
                ],
                RecentAction.Remove => [If(found.Is(0), NotFound), new Forget(), Found],
                RecentAction.Check => [If(found.Is(0), NotFound), Clock()[0], new Atomically([.. Judge()]), If(found.Is(1), Found)],
                _ => new Step[]
                {
                    If(found.Is(0), NotFound), Clock()[0], Clock()[1], new Atomically([.. Judge(), If(found.Is(Action.IsNegated ? 0 : 1), [.. Hit()])]), If(found.Is(1), Found),
                },
            },
        ]);

        Step[] Clock() => [Set(now, new Now(ClockKind.Jiffies)), Set(ticket, new Ticket())];

        // Sets found to whether there are hits enough: the oldest that is needed must be recent. A wrong time to live is as if there were no entry, which found = 2 says.
        IEnumerable<Step> Judge()
        {
            yield return new Fetch(count.Index, CountWord);
            yield return Set(found, 0);
            ImmutableArray<Step> enough = [Set(found, 1)];
            if (Seconds != 0)
            {
                // Seconds become jiffies in 32 bits.
                enough =
                [
                    new Fetch(stamp.Index, Stamp(count - (int)Math.Max(HitCount, 1), list.Words)),
                    If(((new JiffiesPerSecond() * new Constant(Seconds)) & new Constant(uint.MaxValue)).AtLeast(now - stamp), Set(found, 1)),
                ];
            }

            yield return If(count.AtLeast((int)Math.Max(HitCount, 1)), enough.AsSpan());
            if (!SameTtl) { yield break; }
            yield return new Fetch(stamp.Index, TtlWord);
            yield return If(ttl.IsNot(stamp), If(ttl.IsNot(0), If(stamp.IsNot(0), Set(found, 2))));
        }

        Step[] Hit() =>
        [
            new Store(Stamp(count, list.Words), now),
            new Store(CountWord, count + 1),
            new Store(TtlWord, ttl),
            new Store(TicketWord, ticket),
        ];
    }
}
