using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>Matches the routing header (net/ipv6/netfilter/ip6t_rt.c).</summary>
/// <param name="Type">Its type; null to ask nothing. A number above 255 loads and is never equal.</param>
/// <param name="SegmentsLeft">How many hops remain.</param>
/// <param name="Length">Its length in bytes; null to ask nothing.</param>
/// <param name="ReservedIsZero">Type 0: asks for the reserved field to be zero.</param>
/// <param name="Addresses">Type 0: the addresses it must list; empty to ask nothing.</param>
/// <param name="AreSubsequence">Type 0: other addresses may stand between.</param>
public sealed record RtMatch(
    Given<uint>? Type, Given<ValueRange> SegmentsLeft, Given<uint>? Length, bool ReservedIsZero, EquatableArray<UInt128> Addresses, bool AreSubsequence)
    : Match
{
    private static readonly ValueRange AnyNumber = new(0, uint.MaxValue);

    private static readonly Option<uint> TypeNumber = Option.Value("--rt-type", Values.Number(uint.MaxValue)).Negatable();
    private static readonly Option<ValueRange> Segments = Option.Value("--rt-segsleft", Values.Range(uint.MaxValue)).Negatable();
    private static readonly Option<uint> HeaderLength = Option.Value("--rt-len", Values.Number(uint.MaxValue)).Negatable();
    private static readonly Flag Reserved = Option.Flag("--rt-0-res");
    private static readonly Option<ImmutableArray<UInt128>> AddressList = Option.Value("--rt-0-addrs", Values.AddressList);
    private static readonly Flag NotStrict = Option.Flag("--rt-0-not-strict");

    public static readonly MatchModule Module = new("rt")
    {
        Summary = "Matches the routing header of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        Options = [TypeNumber, Segments, HeaderLength, Reserved, AddressList, NotStrict],
        Create = Read,
        Examples =
        [
            Accepts("-m rt").In(Family.IPv6),
            Accepts("-m rt ! --rt-type 0x4 ! --rt-segsleft 1:5 ! --rt-len 8", prints: "-m rt ! --rt-type 4 ! --rt-segsleft 1:5 ! --rt-len 8").In(Family.IPv6),
            Accepts("-m rt ! --rt-segsleft :", prints: "-m rt").In(Family.IPv6),
            Accepts("-m rt --rt-type 0 --rt-0-res --rt-0-addrs ::1,2001:DB8::2 --rt-0-not-strict", prints: "-m rt --rt-type 0 --rt-0-res --rt-0-addrs ::1,2001:db8::2 --rt-0-not-strict").In(Family.IPv6),
            Accepts("-m rt --rt-type 256").In(Family.IPv6),
            Rejects("-m rt --rt-0-res").In(Family.IPv6),
            Rejects("-m rt --rt-0-addrs ::1 --rt-type 0").In(Family.IPv6),
            Rejects("-m rt ! --rt-type 0 --rt-0-res").In(Family.IPv6),
            Rejects("-m rt --rt-type 0 --rt-0-not-strict --rt-0-addrs ::1").In(Family.IPv6),
            Rejects("-m rt --rt-type 0 --rt-0-addrs ::1,").In(Family.IPv6),
            Hits("-m rt --rt-type 0 --rt-segsleft 1 --rt-len 24 --rt-0-res", Packet.Tcp6(1, 80).WithRouting(0, 1, "2001:db8::9")),
            Hits("-m rt --rt-type 0 --rt-0-addrs ::1,::2", Packet.Tcp6(1, 80).WithRouting(0, 1, "::1", "::2")),
            Hits("-m rt --rt-type 0 --rt-0-addrs ::1,::3 --rt-0-not-strict", Packet.Tcp6(1, 80).WithRouting(0, 1, "::1", "::2", "::3")),
            Misses("-m rt ! --rt-type 4", Packet.Tcp6(1, 80).WithRouting(4, 1)),
            Misses("-m rt --rt-type 0 --rt-0-addrs ::1", Packet.Tcp6(1, 80).WithRouting(0, 1, "::1", "::2")),
            Misses("-m rt --rt-type 0 --rt-0-addrs ::3,::1 --rt-0-not-strict", Packet.Tcp6(1, 80).WithRouting(0, 1, "::1", "::2", "::3")),
            Misses("-m rt --rt-type 0 --rt-0-res", Packet.Tcp6(1, 80).WithExtension(43, 0, 0, 1, 0, 0, 0, 1)),
            Misses("-m rt", Packet.Tcp6(1, 80)),
            Hotdrops("-m rt", Packet.Ip6(43, 59, 0, 0)),
            Hotdrops("-m rt --rt-type 4", Packet.Ip6(43, 59, 1, 0, 0, 0, 0, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        const HeaderBase Routing = HeaderBase.Routing;
        var guard = Guard.Of(new HeaderGate(Routing, 4, WhenMissing.Hotdrop), new Search(Fits(), Negated: false))
            .And(Field.Bytes(Routing, 3, 1, "segments left").In(SegmentsLeft));
        if (Length is { } length) { guard = guard.And(OptionsHeader.HeaderLength(Routing).In(OptionsHeader.LengthInUnits(length.Value), length.IsNegated)); }
        return Type is { } type ? guard.And(Field.Bytes(Routing, 2, 1, "routing type").Is(type.Value, type.IsNegated)) : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (Type is { } type) { writer.Write(TypeNumber, $"{type.Value}", type.IsNegated); }
        if (SegmentsLeft.Value != AnyNumber) { writer.Write(Segments, Values.Text(SegmentsLeft.Value), SegmentsLeft.IsNegated); }
        if (Length is { } length) { writer.Write(HeaderLength, $"{length.Value}", length.IsNegated); }
        if (ReservedIsZero) { writer.Write(Reserved); }
        if (Addresses.Count > 0) { writer.Write(AddressList, string.Join(',', Addresses.Select(a => AddressText.Format(a, Family.IPv6)))); }
        if (AreSubsequence) { writer.Write(NotStrict); }
    }

    /// <summary>Options of type 0 need <c>--rt-type 0</c> before them, and <c>--rt-0-not-strict</c> needs the addresses before it (libip6t_rt.c).</summary>
    private static RtMatch? Read(GivenOptions given)
    {
        var order = given.Uses.Select(use => use.Option).ToList();
        var type = given.Get(TypeNumber);
        foreach (var option in (ReadOnlySpan<Option>)[Reserved, AddressList, NotStrict])
        {
            if (!given.Has(option)) { continue; }
            var needed = option == (Option)NotStrict ? (Option)AddressList : TypeNumber;
            var isTypeZero = needed != TypeNumber || type is { Value: 0, IsNegated: false };
            if (!isTypeZero || !given.Has(needed) || order.IndexOf(needed) > order.IndexOf(option))
            {
                given.Fail(option, $"{option.Name} needs {(needed == TypeNumber ? "--rt-type 0" : needed.Name)} before it");
                return null;
            }
        }

        return new(
            type,
            given.Get(Segments, AnyNumber),
            given.Get(HeaderLength),
            given.Has(Reserved),
            new(given.Get(AddressList, []).Value),
            given.Has(NotStrict));
    }

    /// <summary>
    /// The header's reserved field and addresses are those asked for. A header that runs past the packet's end drops it (measured on Linux 6.18).
    /// </summary>
    private StepProgram Fits()
    {
        Local place = new(0), left = new(1), found = new(2), high = new(3), low = new(4), wantedHigh = new(5), wantedLow = new(6);
        IEnumerable<Step> reserved = ReservedIsZero ? [new Read(high.Index, place + 4, 4, SearchResult.Hotdrop), If(high.IsNot(0), NotFound)] : [];
        Step[] nextAddress =
        [
            new Read(high.Index, place, 8, SearchResult.Hotdrop),
            new Read(low.Index, place + 8, 8, SearchResult.Hotdrop),
            Set(place, place + 16),
        ];

        IEnumerable<Step> addresses = (Addresses.Count, AreSubsequence) switch
        {
            (0, _) => [],
            (_, false) =>
            [
                If((left >> 4).IsNot(Addresses.Count), NotFound),
                .. Addresses.SelectMany(address => nextAddress.Concat([If(high.IsNot(High(address)), NotFound), If(low.IsNot(Low(address)), NotFound)])),
            ],
            _ =>
            [
                Set(wantedHigh, High(Addresses[0])),
                Set(wantedLow, Low(Addresses[0])),
                new Repeat(128,
                [
                    If(left.Below(16), NotFound),
                    .. nextAddress,
                    Set(left, left - 16),
                    If(high.Is(wantedHigh), If(low.Is(wantedLow), Set(found, found + 1), If(found.Is(Addresses.Count), Found))),
                    .. Addresses.Skip(1).Select((address, index) => If(found.Is(index + 1), Set(wantedHigh, High(address)), Set(wantedLow, Low(address)))),
                ]),
            ],
        };

        return new("routing_header", Locals: 7,
        [
            Set(place, new OffsetOf(HeaderBase.Routing)),
            Byte(left, place + 1),
            Set(left, (left + 1) * 8),
            If((place + left).Above(new PacketEnd()), Hotdrop),
            .. reserved,
            Set(place, place + 8),
            Set(left, left - 8),
            .. addresses,
            Found,
        ]);
    }

    private static Constant High(UInt128 address) => new((ulong)(address >> 64));

    private static Constant Low(UInt128 address) => new((ulong)address);
}
