using System.Text;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>How a table of hashlimit tells packets apart and what it allows them. In the kernel the rule loaded first decides this for all that name the table.</summary>
/// <param name="Name">The table's name.</param>
/// <param name="Fields">What packets are told apart by.</param>
/// <param name="SourceBits">How many bits of a source address count.</param>
/// <param name="DestinationBits">How many bits of a destination address count.</param>
/// <param name="IsBytes">Whether bytes are limited instead of packets.</param>
/// <param name="Average">Packets: microseconds from one to the next; bytes: the cost of 16 of them.</param>
/// <param name="Burst">Packets: how many at once, after a rest; bytes: how many seconds' worth beside the first; 0 for none.</param>
/// <param name="Size">Number of hash buckets; 0 lets the kernel choose.</param>
/// <param name="Maximum">Most entries; 0 for eight a bucket.</param>
/// <param name="Collection">Milliseconds between collections of expired entries.</param>
/// <param name="Expiry">Milliseconds until an idle entry expires.</param>
/// <param name="Interval">Seconds of a window in which packets are counted; null for a bucket of tokens.</param>
public sealed record HashlimitTable(
    string Name, HashFields Fields, int SourceBits, int DestinationBits, bool IsBytes, ulong Average, ulong Burst,
    uint Size, uint Maximum, uint Collection, uint Expiry, uint? Interval);

/// <summary>
/// Matches at a limited rate, apart by addresses and ports (net/netfilter/xt_hashlimit.c, revision 3). A packet whose ports cannot be read, and one for which the table
/// has no room, are dropped at once. Only the collection forgets an entry that has expired; here it is forgotten at once.
/// </summary>
/// <param name="Table">Whose entries are asked.</param>
/// <param name="Above">Whether packets beyond the rate match, instead of those within.</param>
/// <param name="Family">How many bits an address has.</param>
public sealed record HashlimitMatch(HashlimitTable Table, bool Above, Family Family) : Match
{
    private const ulong DefaultBurst = 5, MaximumBurst = 1_000_000;
    private const uint DefaultCollection = 1_000, MaximumSize = 1 << 20;

    /// <summary>Milliseconds after which entries of byte rates expire, without and with a burst.</summary>
    private const uint ByteExpiry = 15_000, ByteBurstExpiry = 60_000;

    /// <summary>Number of buckets that the kernel chooses with more than 1 GiB of memory.</summary>
    private const uint ChosenSize = 8_192;

    private const int NameBytes = 255;

    private const int NoNextHeader = 59;

    private static readonly Option<HashRate> UpToOption = Option.Value("--hashlimit-upto", Values.HashlimitRate).Alias("--hashlimit").Negatable();
    private static readonly Option<HashRate> AboveOption = Option.Value("--hashlimit-above", Values.HashlimitRate).Negatable();
    private static readonly Option<ulong> BurstOption = Option.Value("--hashlimit-burst", Values.HashlimitBurst);
    private static readonly Option<HashFields> ModeOption = Option.Value("--hashlimit-mode", Values.HashlimitMode);
    private static readonly Option<int> SourceMaskOption = Option.Value("--hashlimit-srcmask", Values.Prefix);
    private static readonly Option<int> DestinationMaskOption = Option.Value("--hashlimit-dstmask", Values.Prefix);
    private static readonly Option<string> NameOption = Option.Value("--hashlimit-name", Values.FreeText).Required();
    private static readonly Option<uint> SizeOption = Option.Value("--hashlimit-htable-size", Values.Number(uint.MaxValue));
    private static readonly Option<uint> MaximumOption = Option.Value("--hashlimit-htable-max", Values.Number(uint.MaxValue));
    private static readonly Option<uint> ExpiryOption = Option.Value("--hashlimit-htable-expire", Values.Number(uint.MaxValue));
    private static readonly Option<uint> CollectionOption = Option.Value("--hashlimit-htable-gcinterval", Values.Number(uint.MaxValue));
    private static readonly Flag RateMatchOption = Option.Flag("--hashlimit-rate-match");
    private static readonly Option<uint> IntervalOption = Option.Value("--hashlimit-rate-interval", Values.HashlimitInterval);

    public static readonly MatchModule Module = new("hashlimit")
    {
        Summary = "Matches at a limited rate, apart by addresses and ports.",
        Options =
        [
            UpToOption, AboveOption, BurstOption, ModeOption, SourceMaskOption, DestinationMaskOption, NameOption, SizeOption, MaximumOption, ExpiryOption,
            CollectionOption, RateMatchOption, IntervalOption,
        ],
        Create = Read,
        Examples =
        [
            Accepts("-m hashlimit --hashlimit 10/s --hashlimit-name a1", prints: "-m hashlimit --hashlimit-upto 10/sec --hashlimit-burst 5 --hashlimit-name a1"),
            Accepts("-m hashlimit ! --hashlimit-upto 60/m --hashlimit-mode dstport|srcip, --hashlimit-srcmask 255.255.0.0 --hashlimit-name a2",
                prints: "-m hashlimit --hashlimit-above 1/sec --hashlimit-burst 5 --hashlimit-mode srcip,dstport --hashlimit-name a2 --hashlimit-htable-expire 60000 --hashlimit-srcmask 16"),
            Accepts("-m hashlimit --hashlimit-upto 10/hour --hashlimit-burst 1kb --hashlimit-htable-gcinterval 20 --hashlimit-htable-size 0 --hashlimit-htable-max 2000000 --hashlimit-name a3",
                prints: "-m hashlimit --hashlimit-upto 10/hour --hashlimit-burst 1024 --hashlimit-name a3 --hashlimit-htable-max 1048576 --hashlimit-htable-gcinterval 20"),
            Accepts("-m hashlimit --hashlimit-above 123456b/s --hashlimit-name a4"),
            Accepts("-m hashlimit --hashlimit-above 17b/s --hashlimit-name a5", prints: "-m hashlimit --hashlimit-above 16b/s --hashlimit-name a5"),
            Accepts("-m hashlimit --hashlimit-upto 10kb/s --hashlimit-burst 25kb --hashlimit-name a6", prints: "-m hashlimit --hashlimit-upto 10kb/s --hashlimit-burst 30kb --hashlimit-name a6"),
            Accepts("-m hashlimit --hashlimit-upto 4096mb/second --hashlimit-name a7", prints: "-m hashlimit --hashlimit-upto 4581298432b/s --hashlimit-name a7"),
            Accepts("-m hashlimit --hashlimit-upto 7/min --hashlimit-rate-match --hashlimit-name a8",
                prints: "-m hashlimit --hashlimit-upto 7/sec --hashlimit-burst 5 --hashlimit-name a8 --hashlimit-htable-expire 60000 --hashlimit-rate-match --hashlimit-rate-interval 60"),
            Accepts("-m hashlimit --hashlimit-upto 10kb/s --hashlimit-rate-match --hashlimit-rate-interval 7 --hashlimit-name a9",
                prints: "-m hashlimit --hashlimit-upto 10kb/s --hashlimit-name a9 --hashlimit-rate-match --hashlimit-rate-interval 7"),
            Accepts("-m hashlimit --hashlimit-upto 10/s --hashlimit-dstmask 64 --hashlimit-srcmask 128 --hashlimit-name a10",
                prints: "-m hashlimit --hashlimit-upto 10/sec --hashlimit-burst 5 --hashlimit-name a10 --hashlimit-dstmask 64").In(Family.IPv6),
            Rejects("-m hashlimit --hashlimit-upto 10/sec"),
            Rejects("-m hashlimit --hashlimit-name b1"),
            Rejects("-m hashlimit --hashlimit-upto 10/s --hashlimit-above 5/s --hashlimit-name b2"),
            Rejects("-m hashlimit --hashlimit-upto 1000001/s --hashlimit-name b3"),
            Rejects("-m hashlimit --hashlimit-upto 0kb/s --hashlimit-name b4"),
            Rejects("-m hashlimit --hashlimit-upto 1/day --hashlimit-name b5"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-burst 0 --hashlimit-name b6"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-burst 1000001 --hashlimit-name b7"),
            Rejects("-m hashlimit --hashlimit-upto 10kb/s --hashlimit-burst 5kb --hashlimit-name b8"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-mode none --hashlimit-name b9"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-srcmask 33 --hashlimit-name b10"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-htable-expire 0 --hashlimit-name b11"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-rate-match --hashlimit-rate-interval 0 --hashlimit-name b12"),
            Rejects("-m hashlimit --hashlimit-upto 1/s --hashlimit-name a/b"),
            Hits("-m hashlimit --hashlimit-upto 1/s --hashlimit-name c1", Packet.Udp(1, 53)),
            Hits("-m hashlimit --hashlimit-upto 1/s --hashlimit-mode srcport --hashlimit-name c2", Packet.Udp6(1, 53).WithHopByHop(1, 0)),
            Hits("-m hashlimit --hashlimit-upto 1/s --hashlimit-mode dstport --hashlimit-name c3", Packet.Icmp(8).Keep(2)),
            Hits("-m hashlimit --hashlimit-upto 100b/s --hashlimit-name c4", Packet.Udp(1, 53).WithPayload(new byte[500])),
            Misses("-m hashlimit --hashlimit-above 1/s --hashlimit-name d1", Packet.Udp(1, 53)),
            Misses("-m hashlimit --hashlimit-above 100b/s --hashlimit-name d2", Packet.Udp6(1, 53).WithPayload(new byte[500])),
            Misses("-p tcp -m hashlimit --hashlimit-upto 1/s --hashlimit-name d3", Packet.Udp(1, 53)),
            Hotdrops("-m hashlimit --hashlimit-above 1/s --hashlimit-mode srcport --hashlimit-name e1", Packet.Udp(1, 53).Keep(3)),
            Hotdrops("-m hashlimit --hashlimit-upto 1/s --hashlimit-mode dstport --hashlimit-name e2", Packet.Ip6(59)),
            Plays("-m hashlimit --hashlimit-upto 1/s --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-htable-expire 60000 --hashlimit-name f1",
                (Packet.Udp(1, 53), 0, true), (Packet.Udp(1, 53), 50, true), (Packet.Udp(1, 53), 50, false), (Packet.Udp(1, 53).From("10.0.0.3"), 50, true),
                (Packet.Udp(1, 53), 950, true), (Packet.Udp(1, 53), 50, false), (Packet.Udp(1, 53), 5_000, true), (Packet.Udp(1, 53), 50, true), (Packet.Udp(1, 53), 50, false)),
            Plays("-m hashlimit --hashlimit-above 1/min --hashlimit-burst 1 --hashlimit-mode srcip,dstport --hashlimit-srcmask 24 --hashlimit-name f2",
                (Packet.Udp(1, 53), 0, false), (Packet.Udp(2, 53).From("10.0.0.3"), 50, true), (Packet.Udp(1, 54).From("10.0.0.3"), 50, false), (Packet.Udp(1, 53).From("10.0.1.3"), 50, false)),
            Plays("-m hashlimit --hashlimit-upto 1kb/s --hashlimit-name f3",
                (Packet.Udp(1, 53).WithPayload(new byte[472]), 0, true), (Packet.Udp(1, 53).WithPayload(new byte[472]), 50, true),
                (Packet.Udp(1, 53).WithPayload(new byte[472]), 50, false), (Packet.Udp(1, 53).WithPayload(new byte[472]), 950, true)),
            Plays("-m hashlimit --hashlimit-upto 1kb/s --hashlimit-burst 2kb --hashlimit-name f4",
                (Packet.Udp(1, 53).WithPayload(new byte[800]), 0, true), (Packet.Udp(1, 53).WithPayload(new byte[800]), 50, true), (Packet.Udp(1, 53).WithPayload(new byte[800]), 50, true),
                (Packet.Udp(1, 53).WithPayload(new byte[800]), 50, false)),
            Plays("-m hashlimit --hashlimit-upto 2/s --hashlimit-burst 1 --hashlimit-rate-match --hashlimit-htable-expire 60000 --hashlimit-name f5",
                (Packet.Udp(1, 53), 0, true), (Packet.Udp(1, 53), 50, true), (Packet.Udp(1, 53), 50, true), (Packet.Udp(1, 53), 50, false),
                (Packet.Udp(1, 53), 950, false), (Packet.Udp(1, 53), 1_200, true)),
            Plays("-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-htable-expire 1000 --hashlimit-htable-gcinterval 100 --hashlimit-name f6",
                (Packet.Udp(1, 53), 0, true), (Packet.Udp(1, 53), 500, false), (Packet.Udp(1, 53), 3_000, true)),
        ],
    };

    public override string ModuleName => Module.Name;

    private int KeyWords => Family == Family.IPv4 ? 2 : 5;

    private Table Entries => new($"hashlimit{(int)Family}:{Table.Name}", KeyWords, Words: 4, (int)Capacity) { ExpiresBy = 0, Terms = Table.ToString() };

    private uint Capacity
    {
        get
        {
            var size = Table.Size == 0 ? ChosenSize : Table.Size;
            return Table.Maximum == 0 ? 8 * size : Math.Max(Table.Maximum, size);
        }
    }

    public override Guard Meaning(Family family) => Guard.Of(new Search(Spend(), Negated: Above));

    public override void Print(OptionWriter writer)
    {
        var option = Above ? AboveOption : UpToOption;
        uint usualExpiry;
        if (Table.IsBytes)
        {
            writer.Write(option, Values.ByteRateText(Table.Average));
            if (Table.Burst != 0) { writer.Write(BurstOption, Values.BytesText(Values.BytesOfCost(Table.Average) * Table.Burst)); }
            usualExpiry = Table.Burst == 0 ? ByteExpiry : ByteBurstExpiry;
        }
        else
        {
            var (text, unit) = Values.RateText(Table.Average, Values.HashlimitScale);
            writer.Write(option, text);
            writer.Write(BurstOption, $"{Table.Burst}");
            usualExpiry = unit * 1_000;
        }

        if (Table.Fields != HashFields.None) { writer.Write(ModeOption, Values.HashlimitModeText(Table.Fields)); }
        writer.Write(NameOption, Table.Name);
        if (Table.Size != 0) { writer.Write(SizeOption, $"{Table.Size}"); }
        if (Table.Maximum != 0) { writer.Write(MaximumOption, $"{Table.Maximum}"); }
        if (Table.Collection != DefaultCollection) { writer.Write(CollectionOption, $"{Table.Collection}"); }
        if (Table.Expiry != usualExpiry) { writer.Write(ExpiryOption, $"{Table.Expiry}"); }
        if (Table.SourceBits != Family.AddressBits()) { writer.Write(SourceMaskOption, $"{Table.SourceBits}"); }
        if (Table.DestinationBits != Family.AddressBits()) { writer.Write(DestinationMaskOption, $"{Table.DestinationBits}"); }
        if (Table.Interval is not { } interval) { return; }
        writer.Write(RateMatchOption);
        if (interval != 1) { writer.Write(IntervalOption, $"{interval}"); }
    }

    private static HashlimitMatch? Read(GivenOptions given)
    {
        if (given.Has(UpToOption) == given.Has(AboveOption))
        {
            given.Fail(given.Has(UpToOption) ? AboveOption : null, "exactly one of --hashlimit-upto and --hashlimit-above must be given");
            return null;
        }

        var family = given.Context.Family;
        if ((given.Get(AboveOption) ?? given.Get(UpToOption)) is not { } rate || given.Get(NameOption) is not { } name) { return null; }
        var isRateMatch = given.Has(RateMatchOption);
        var average = rate.Value.Average / (isRateMatch && !rate.Value.IsBytes ? rate.Value.Unit : 1);
        var table = new HashlimitTable(
            name.Value, given.Get(ModeOption, HashFields.None).Value,
            given.Get(SourceMaskOption, family.AddressBits()).Value, given.Get(DestinationMaskOption, family.AddressBits()).Value,
            rate.Value.IsBytes, average, Burst(given, rate.Value),
            Math.Min(given.Get(SizeOption, 0u).Value, MaximumSize), Math.Min(given.Get(MaximumOption, 0u).Value, MaximumSize),
            given.Get(CollectionOption, DefaultCollection).Value,
            given.Get(ExpiryOption, rate.Value.IsBytes ? given.Has(BurstOption) ? ByteBurstExpiry : ByteExpiry : rate.Value.Unit * 1_000).Value,
            isRateMatch ? given.Get(IntervalOption, rate.Value.IsBytes ? 1u : rate.Value.Unit).Value : null);
        Check(given, table);
        return given.Errors.Count == 0 ? new(table, given.Has(AboveOption) != rate.IsNegated, family) : null;
    }

    /// <summary>Bytes are counted in seconds' worth, rounded up, of what is left of them in 32 bits.</summary>
    private static ulong Burst(GivenOptions given, HashRate rate)
    {
        var burst = given.Get(BurstOption, DefaultBurst).Value;
        if (!rate.IsBytes)
        {
            if (burst is 0 or > MaximumBurst) { given.Fail(BurstOption, $"the burst must be from 1 to {MaximumBurst}"); }
            return burst;
        }

        if (!given.Has(BurstOption)) { return 0; }
        var second = Values.BytesOfCost(rate.Average);
        if (second > 0 && burst >= second) { return (uint)burst / second + (burst % second == 0 ? 0u : 1); }
        given.Fail(BurstOption, $"the burst must be at least what a second gives, {second} bytes");
        return 0;
    }

    /// <summary>What the kernel refuses (<c>hashlimit_mt_check_common</c>), computed with 250 Hz as with 1000.</summary>
    private static void Check(GivenOptions given, HashlimitTable table)
    {
        var bits = given.Context.Family.AddressBits();
        if (table.SourceBits > bits || table.DestinationBits > bits)
        {
            given.Fail(table.SourceBits > bits ? SourceMaskOption : DestinationMaskOption, $"the mask must be a prefix of at most {bits} bits");
        }

        if (table.Expiry == 0 || table.Collection == 0) { given.Fail(table.Expiry == 0 ? ExpiryOption : CollectionOption, "the time must not be 0"); }
        if (table.Name.Length == 0 || table.Name is "." or ".." || table.Name.Contains('/', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(table.Name) > NameBytes)
        {
            given.Fail(NameOption, $"`{table.Name}` cannot be the name of a file in /proc");
        }

        var overflows = table.IsBytes
            ? ByteCredits(table.Average, 250) == 0
            : Credits(table.Average * table.Burst, 250) < Credits(table.Average, 250);
        if (table.Interval is null ? overflows : table.Average == 0) { given.Fail(null, "the kernel cannot count at this rate with this burst", "lower --hashlimit-burst"); }
    }

    /// <summary>The largest power of two with which a day still fits into 64 bits (<c>CREDITS_PER_JIFFY</c>).</summary>
    private static ulong CreditsPerJiffy(uint hertz) => 1ul << (int)ulong.Log2(ulong.MaxValue / (hertz * 60 * 60 * 24));

    /// <summary><c>user2credits</c>.</summary>
    private static ulong Credits(ulong period, uint hertz) => period * (hertz * CreditsPerJiffy(hertz) / Values.HashlimitScale);

    /// <summary>As <see cref="CreditsPerJiffy"/>, for bytes: a second must fit into 32 bits.</summary>
    private static ulong ByteCreditsPerJiffy(uint hertz) => 1ul << (int)uint.Log2(uint.MaxValue / hertz);

    /// <summary><c>user2credits_byte</c>.</summary>
    private static ulong ByteCredits(ulong cost, uint hertz) => (cost * (hertz * ByteCreditsPerJiffy(hertz))) >> 32;

    /// <summary><c>hashlimit_mt_common</c>; the answer is whether the packet is within the rate. Words: expiry, last time, and two of each kind of rate.</summary>
    private StepProgram Spend()
    {
        // The entry is found before any of its locals is needed, so the key may use them.
        Local[] local = [new(0), new(1), new(2), new(3), new(4), new(5), new(6), new(7)];
        var found = local[5];
        return new("hashlimit", Locals: 8,
        [
            .. Family == Family.IPv4 ? KeyOfIPv4(local) : KeyOfIPv6(local),
            new Find(found.Index, Entries, [.. local[..KeyWords]]),
            If(found.Is(0), new Create(found.Index), If(found.Is(0), Hotdrop)),
            Set(local[0], new Now(ClockKind.Jiffies)),
            .. Table.Interval is { } interval ? CountInWindow(local, interval) : Table.IsBytes ? SpendBytes(local) : SpendPacket(local),
            If(local[7].Is(1), Found),
        ]);
    }

    private Expression Expiry(Expression now) => now + (new JiffiesPerSecond() * new Constant(Table.Expiry) + 999) / 1_000;

    private Step[] SpendPacket(Local[] local)
    {
        Local now = local[0], cost = local[1], cap = local[2], gain = local[3], used = local[4], last = local[5], credit = local[6], passes = local[7];
        return
        [
            Hertz.Choose(
                new(cost, hertz => Credits(Table.Average, hertz)), new(cap, hertz => Credits(Table.Average * Table.Burst, hertz)), new(gain, CreditsPerJiffy)),
            Set(passes, 0),
            new Atomically(
            [
                new Fetch(used.Index, 0),
                new Fetch(last.Index, 1),
                new Fetch(credit.Index, 2),
                If(used.Is(0), Set(last, now), Set(credit, cap)),
                If(now.Above(last), Set(credit, credit + (now - last) * gain), Set(last, now)),
                If(credit.Above(cap), Set(credit, cap)),
                If(credit.AtLeast(cost), Set(credit, credit - cost), Set(passes, 1)),
                new Store(0, Expiry(now)),
                new Store(1, last),
                new Store(2, credit),
            ]),
        ];
    }

    /// <summary>Sixteen bytes begun are paid for. When the credit of a second does not suffice the burst refills it, once for each second's worth.</summary>
    private Step[] SpendBytes(Local[] local)
    {
        Local now = local[0], cost = local[1], full = local[2], gain = local[3], refills = local[4], last = local[5], credit = local[6], passes = local[7];
        return
        [
            Hertz.Choose(
                new(cost, hertz => ByteCredits(Table.Average, hertz)), new(full, hertz => hertz * ByteCreditsPerJiffy(hertz)), new(gain, ByteCreditsPerJiffy)),
            Set(cost, (((new PacketEnd() - new OffsetOf(HeaderBase.Network)) >> 4) + 1) * cost),
            If(cost.Above(full), Set(cost, full)),
            Set(passes, 0),
            new Atomically(
            [
                new Fetch(passes.Index, 0),
                new Fetch(last.Index, 1),
                new Fetch(credit.Index, 2),
                new Fetch(refills.Index, 3),
                If(passes.Is(0), Set(last, now), Set(credit, full), Set(refills, new Constant(Table.Burst))),
                If(now.Above(last), Set(credit, credit + (now - last) * gain), Set(last, now)),
                If(credit.Above(full), Set(credit, full)),
                If(credit.Below(cost), If(refills.IsNot(0), Set(refills, refills - 1), Set(credit, full))),
                Set(passes, 0),
                If(credit.AtLeast(cost), Set(credit, credit - cost), Set(passes, 1)),
                new Store(0, Expiry(now)),
                new Store(1, last),
                new Store(2, credit),
                new Store(3, refills),
            ]),
        ];
    }

    /// <summary>
    /// <c>--hashlimit-rate-match</c>: what arrives in a window may reach the rate and the burst together, and nothing may in a window after one in which the rate was exceeded.
    /// </summary>
    private Step[] CountInWindow(Local[] local, uint interval)
    {
        Local now = local[0], window = local[1], length = local[2], count = local[3], last = local[5], exceeded = local[6], passes = local[7];
        var rate = Table.IsBytes ? Values.BytesOfCost(Table.Average) : Values.HashlimitScale / Table.Average;
        var burst = Table.IsBytes ? Math.Max(Table.Burst, 1) * rate : Table.Burst + rate;
        return
        [
            Set(window, (new JiffiesPerSecond() * new Constant(interval)) & new Constant(uint.MaxValue)),
            Set(length, Table.IsBytes ? new PacketEnd() - new OffsetOf(HeaderBase.Network) : new Constant(1)),
            new Atomically(
            [
                new Fetch(passes.Index, 0),
                new Fetch(last.Index, 1),
                new Fetch(exceeded.Index, 2),
                new Fetch(count.Index, 3),
                If(passes.Is(0), Set(last, now)),
                Set(passes, 0),
                If(now.Above(last), If((now - last).AtLeast(window),
                    Set(exceeded, 0),
                    If((count * window).Above((now - last) * new Constant(rate)), Set(exceeded, 1)),
                    Set(last, now),
                    Set(count, 0))),
                Set(count, count + length),
                If(exceeded.Is(0), If(new Constant(burst).AtLeast(count), Set(passes, 1))),
                new Store(0, Expiry(now)),
                new Store(1, last),
                new Store(2, exceeded),
                new Store(3, count),
            ]),
        ];
    }

    /// <summary>Addresses in local 0, ports in local 1. Whether the packet is a later fragment is not asked: its first bytes pass for ports.</summary>
    private IEnumerable<Step> KeyOfIPv4(Local[] local)
    {
        Local addresses = local[0], ports = local[1], octets = local[2];
        var network = new OffsetOf(HeaderBase.Network);
        if (Table.Fields.HasFlag(HashFields.SourceAddress))
        {
            yield return new Read(octets.Index, network + 12, 4, SearchResult.Hotdrop);
            yield return Set(addresses, (octets & Mask(Table.SourceBits, 32)) << 32);
        }

        if (Table.Fields.HasFlag(HashFields.DestinationAddress))
        {
            yield return new Read(octets.Index, network + 16, 4, SearchResult.Hotdrop);
            yield return Set(addresses, addresses | (octets & Mask(Table.DestinationBits, 32)));
        }

        if (PortMask == 0) { yield break; }
        yield return Byte(octets, network + 9);
        foreach (var step in ReadPorts(octets, new OffsetOf(HeaderBase.Transport), ports)) { yield return step; }
    }

    /// <summary>
    /// Addresses in locals 0 to 3, ports in local 4. The chain of extension headers is walked as <c>ipv6_skip_exthdr</c> does: it ends at a later fragment, whose ports
    /// are 0, and a packet without a next header is dropped at once.
    /// </summary>
    private IEnumerable<Step> KeyOfIPv6(Local[] local)
    {
        Local ports = local[4], next = local[5], place = local[6], octets = local[7];
        var network = new OffsetOf(HeaderBase.Network);
        (HashFields Field, int Offset, int Bits)[] addresses =
            [(HashFields.SourceAddress, 8, Table.SourceBits), (HashFields.DestinationAddress, 24, Table.DestinationBits)];
        foreach (var (index, (field, offset, bits)) in addresses.Index())
        {
            if (!Table.Fields.HasFlag(field)) { continue; }
            var (high, low) = (local[2 * index], local[2 * index + 1]);
            yield return new Read(high.Index, network + offset, 8, SearchResult.Hotdrop);
            yield return new Read(low.Index, network + (offset + 8), 8, SearchResult.Hotdrop);
            yield return Set(high, high & Mask(Math.Min(bits, 64), 64));
            yield return Set(low, low & Mask(Math.Max(bits - 64, 0), 64));
        }

        if (PortMask == 0) { yield break; }
        yield return Byte(next, network + 6);
        yield return Set(place, network + 40);
        yield return new Repeat(8_192,
        [
            If(next.Is(NoNextHeader), Hotdrop),
            Set(octets, 0),
            .. new[]
            {
                Names.Protocols.HopByHop, Names.Protocols.Ipv6Routing, Names.Protocols.Ipv6Fragment, Names.Protocols.Ah, Names.Protocols.Ipv6DestinationOptions,
            }.Select(header => If(next.Is(header), Set(octets, 1))),
            If(octets.Is(0), Leave),
            new Read(octets.Index, place, 2, SearchResult.Hotdrop),
            IfElse(next.Is(Names.Protocols.Ipv6Fragment),
            [
                new Read(ports.Index, place + 2, 2, SearchResult.Hotdrop),
                If((ports & 0xfff8).IsNot(0), Leave),
                Set(place, place + 8),
            ],
            [
                IfElse(next.Is(Names.Protocols.Ah), [Set(place, place + ((octets & 0xff) + 2) * 4)], [Set(place, place + ((octets & 0xff) + 1) * 8)]),
            ]),
            Set(next, octets >> 8),
        ]);
        yield return Set(ports, 0);
        foreach (var step in ReadPorts(next, place, ports)) { yield return step; }
    }

    private uint PortMask =>
        (Table.Fields.HasFlag(HashFields.SourcePort) ? 0xffff_0000 : 0) | (Table.Fields.HasFlag(HashFields.DestinationPort) ? 0xffffu : 0);

    /// <summary>The first four bytes of protocols with ports, and the SPI of IPsec (<c>proto_ports_offset</c>); 0 for others.</summary>
    private IEnumerable<Step> ReadPorts(Local protocol, Expression header, Local ports)
    {
        foreach (var number in new[] { Transport.Tcp, Transport.Udp, Transport.Dccp, Transport.Esp, Transport.Sctp, Transport.UdpLite })
        {
            yield return If(protocol.Is(number), new Read(ports.Index, header, 4, SearchResult.Hotdrop));
        }

        yield return If(protocol.Is(Transport.Authentication), new Read(ports.Index, header + 4, 4, SearchResult.Hotdrop));
        yield return Set(ports, ports & new Constant(PortMask));
    }

    private static Constant Mask(int length, int bits) => new((ulong)AddressMask.Prefix(length, bits));
}
