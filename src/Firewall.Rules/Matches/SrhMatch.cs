using System.Collections.Immutable;
using System.Net;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>The relations of a number to the one that a rule gives; each may be absent or negated.</summary>
/// <param name="Number">What is compared with: iptables keeps one number for the three, the last given.</param>
/// <param name="IsEqual">Null to ask nothing, else whether it is to be so.</param>
/// <param name="IsGreater">As <paramref name="IsEqual"/>.</param>
/// <param name="IsLess">As <paramref name="IsEqual"/>.</param>
public readonly record struct SrhNumberTest(uint Number, bool? IsEqual, bool? IsGreater, bool? IsLess);

/// <summary>Matches the segment routing header, a routing header of type 4 (net/ipv6/netfilter/ip6t_srh.c). One that is broken is no match.</summary>
/// <param name="NextHeader">The protocol that follows it.</param>
/// <param name="Length">Its length in units of eight bytes, less one.</param>
/// <param name="SegmentsLeft">How many segments are left to visit.</param>
/// <param name="LastEntry">Number of the last segment of the list.</param>
/// <param name="Tag">Its tag; the kernel compares the bytes with the number as it lies in memory.</param>
/// <param name="Previous">The segment visited before.</param>
/// <param name="Next">The segment visited next.</param>
/// <param name="Last">The last segment visited, which is the first of the list.</param>
public sealed record SrhMatch(
    Given<uint>? NextHeader, SrhNumberTest Length, SrhNumberTest SegmentsLeft, SrhNumberTest LastEntry, Given<uint>? Tag,
    Given<AddressMask>? Previous, Given<AddressMask>? Next, Given<AddressMask>? Last) : Match
{
    private const int SegmentRouting = 4;

    private static readonly Option<uint> NextHeaderOption = Option.Value("--srh-next-hdr", Values.Number(byte.MaxValue)).Negatable();
    private static readonly ImmutableArray<Option<uint>> LengthOptions = Relations("--srh-hdr-len");
    private static readonly ImmutableArray<Option<uint>> SegmentsOptions = Relations("--srh-segs-left");
    private static readonly ImmutableArray<Option<uint>> LastEntryOptions = Relations("--srh-last-entry");
    private static readonly Option<uint> TagOption = Option.Value("--srh-tag", Values.Number(ushort.MaxValue)).Negatable();
    private static readonly Option<AddressMask> PreviousOption = Option.Value("--srh-psid", Values.HostMask).Negatable();
    private static readonly Option<AddressMask> NextOption = Option.Value("--srh-nsid", Values.HostMask).Negatable();
    private static readonly Option<AddressMask> LastOption = Option.Value("--srh-lsid", Values.HostMask).Negatable();

    public static readonly MatchModule Module = new("srh")
    {
        Summary = "Matches the segment routing header of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        Options = [NextHeaderOption, .. LengthOptions, .. SegmentsOptions, .. LastEntryOptions, TagOption, PreviousOption, NextOption, LastOption],
        Create = Read,
        Examples =
        [
            Accepts("-m srh").In(Family.IPv6),
            Accepts("-m srh ! --srh-tag 0xffff --srh-next-hdr 17", prints: "-m srh --srh-next-hdr 17 ! --srh-tag 65535").In(Family.IPv6),
            Accepts("-m srh --srh-hdr-len-eq 8 ! --srh-hdr-len-gt 1 --srh-hdr-len-lt 200", prints: "-m srh --srh-hdr-len-eq 200 ! --srh-hdr-len-gt 200 --srh-hdr-len-lt 200").In(Family.IPv6),
            Accepts("-m srh --srh-segs-left-lt 2 --srh-last-entry-gt 4 --srh-segs-left-eq 1", prints: "-m srh --srh-segs-left-eq 1 --srh-segs-left-lt 1 --srh-last-entry-gt 4").In(Family.IPv6),
            Accepts("-m srh ! --srh-psid A::1/64 --srh-nsid b:: --srh-lsid c::/ffff::", prints: "-m srh ! --srh-psid a::1/64 --srh-nsid b::/128 --srh-lsid c::/16").In(Family.IPv6),
            Rejects("-m srh --srh-next-hdr udp").In(Family.IPv6),
            Rejects("-m srh --srh-tag 65536").In(Family.IPv6),
            Rejects("-m srh --srh-hdr-len-eq 256").In(Family.IPv6),
            Rejects("-m srh --srh-psid a::/129").In(Family.IPv6),
            Rejects("-m srh --srh-psid 10.0.0.1").In(Family.IPv6),
            Hits("-m srh --srh-next-hdr 6 --srh-hdr-len-eq 4 --srh-segs-left-eq 1 --srh-last-entry-gt 0", Srh()),
            Hits("-m srh --srh-tag 513", Srh()),
            Hits("-m srh --srh-nsid a::/16 ! --srh-lsid b::/16", Srh(segmentsLeft: 1)),
            Hits("-m srh --srh-psid b::2", Srh(segmentsLeft: 0)),
            Hits("-m srh --srh-nsid b::2 --srh-lsid a::/8", Srh(segmentsLeft: 2, lastEntry: 2)),
            Misses("-m srh ! --srh-next-hdr 6", Srh()),
            Misses("-m srh --srh-segs-left-gt 1", Srh()),
            Misses("-m srh ! --srh-psid a::", Srh(segmentsLeft: 1)),
            Misses("-m srh ! --srh-nsid a::", Srh(segmentsLeft: 0)),
            Misses("-m srh", Srh(segmentsLeft: 2)),
            Misses("-m srh", Srh(type: 0)),
            Misses("-m srh", Packet.Tcp6(1, 80)),
            Misses("-m srh", Packet.Ip6(43, 59, 1, 4, 0, 0, 0, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(new Search(Fits(), Negated: false));

    public override void Print(OptionWriter writer)
    {
        if (NextHeader is { } next) { writer.Write(NextHeaderOption, $"{next.Value}", next.IsNegated); }
        Print(writer, Length, LengthOptions);
        Print(writer, SegmentsLeft, SegmentsOptions);
        Print(writer, LastEntry, LastEntryOptions);
        if (Tag is { } tag) { writer.Write(TagOption, $"{tag.Value}", tag.IsNegated); }
        foreach (var (segment, option) in ((Given<AddressMask>?, Option)[])[(Previous, PreviousOption), (Next, NextOption), (Last, LastOption)])
        {
            if (segment is { } asked)
            {
                writer.Write(option, $"{AddressText.Format(asked.Value.Address, Family.IPv6)}/{asked.Value.PrefixLength(Family.IPv6) ?? 128}", asked.IsNegated);
            }
        }
    }

    private static ImmutableArray<Option<uint>> Relations(string prefix) =>
        [Relation(prefix, "eq"), Relation(prefix, "gt"), Relation(prefix, "lt")];

    private static Option<uint> Relation(string prefix, string relation) => Option.Value($"{prefix}-{relation}", Values.Number(byte.MaxValue)).Negatable();

    private static SrhNumberTest ReadRelations(GivenOptions given, ImmutableArray<Option<uint>> options)
    {
        var last = given.Uses.LastOrDefault(use => options.Any(o => ReferenceEquals(o, use.Option)))?.Option;
        var number = options.Where(o => ReferenceEquals(o, last)).Select(o => given.Get(o)?.Value).SingleOrDefault() ?? 0;
        return new(number, !given.Negation(options[0]), !given.Negation(options[1]), !given.Negation(options[2]));
    }

    private static SrhMatch Read(GivenOptions given) => new(
        given.Get(NextHeaderOption),
        ReadRelations(given, LengthOptions),
        ReadRelations(given, SegmentsOptions),
        ReadRelations(given, LastEntryOptions),
        given.Get(TagOption),
        given.Get(PreviousOption),
        given.Get(NextOption),
        given.Get(LastOption));

    private static void Print(OptionWriter writer, SrhNumberTest test, ImmutableArray<Option<uint>> options)
    {
        bool?[] relations = [test.IsEqual, test.IsGreater, test.IsLess];
        for (var i = 0; i < relations.Length; i++)
        {
            if (relations[i] is { } holds) { writer.Write(options[i], $"{test.Number}", negated: !holds); }
        }
    }

    private StepProgram Fits()
    {
        Local header = new(0), left = new(1), lastEntry = new(2), number = new(3), other = new(4);
        return new("srh", Locals: 5,
        [
            Set(header, new OffsetOf(HeaderBase.Routing)),
            If(header.Is(0), NotFound),
            Byte(number, header + 1, SearchResult.NoMatch),
            If((header + 8 + number * 8).Above(new PacketEnd()), NotFound),
            .. Ask(number, Length),
            Byte(number, header + 2, SearchResult.NoMatch),
            If(number.IsNot(SegmentRouting), NotFound),
            Byte(left, header + 3, SearchResult.NoMatch),
            Byte(lastEntry, header + 4, SearchResult.NoMatch),
            If(left.Above(lastEntry), NotFound),
            .. Ask(left, SegmentsLeft),
            .. Ask(lastEntry, LastEntry),
            .. AskOne(NextHeader is { } next ? (next.Value, next.IsNegated) : null, header, 1),
            .. AskOne(Tag is { } tag ? ((uint)(ushort)(tag.Value << 8 | tag.Value >> 8), tag.IsNegated) : null, header + 6, 2),
            .. AskSegment(Previous, [If(left.Is(lastEntry), NotFound)], header + 24 + left * 16),
            .. AskSegment(Next, [If(left.Is(0), NotFound)], header - 8 + left * 16),
            .. AskSegment(Last, [], header + 8),
            Found,
        ]);

        IEnumerable<Step> AskOne((uint Value, bool IsNegated)? asked, Expression place, int bytes)
        {
            if (asked is not { } test) { yield break; }
            yield return new Read(number.Index, place, bytes, SearchResult.NoMatch);
            yield return If(test.IsNegated ? number.Is(new Constant(test.Value)) : number.IsNot(new Constant(test.Value)), NotFound);
        }

        IEnumerable<Step> AskSegment(Given<AddressMask>? asked, IEnumerable<Step> before, Expression place)
        {
            if (asked is not { } test) { yield break; }
            foreach (var step in before) { yield return step; }
            yield return new Read(number.Index, place, 8, SearchResult.NoMatch);
            yield return new Read(other.Index, place + 8, 8, SearchResult.NoMatch);
            yield return Set(number, (number & High(test.Value.Mask)) ^ High(test.Value.Address & test.Value.Mask));
            yield return Set(number, number | ((other & Low(test.Value.Mask)) ^ Low(test.Value.Address & test.Value.Mask)));
            yield return If(test.IsNegated ? number.Is(0) : number.IsNot(0), NotFound);
        }
    }

    private static IEnumerable<Step> Ask(Local value, SrhNumberTest test)
    {
        Constant number = new(test.Number);
        if (test.IsEqual is { } equal) { yield return If(equal ? value.IsNot(number) : value.Is(number), NotFound); }
        if (test.IsGreater is { } greater) { yield return If(greater ? value.Below(new Constant(test.Number + 1UL)) : value.Above(number), NotFound); }
        if (test.IsLess is { } less) { yield return If(less ? value.AtLeast(number) : value.Below(number), NotFound); }
    }

    private static Constant High(UInt128 address) => new((ulong)(address >> 64));

    private static Constant Low(UInt128 address) => new((ulong)address);

    /// <summary>A segment routing header of two segments, a:: first, whose tag is 01 02.</summary>
    private static Packet Srh(byte segmentsLeft = 1, byte lastEntry = 1, byte type = 4) => Packet.Tcp6(1, 80).WithExtension(
        43,
        [4, type, segmentsLeft, lastEntry, 0, 1, 2, .. IPAddress.Parse("a::").GetAddressBytes(), .. IPAddress.Parse("b::2").GetAddressBytes()]);
}
