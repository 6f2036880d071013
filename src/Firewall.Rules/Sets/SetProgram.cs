using System.Collections.Immutable;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Sets;

/// <summary>Writes the step program of one match. Each part leaves its answer in <see cref="Result"/> and goes on, so that a list can ask its members in turn.</summary>
/// <param name="match">Directions and counter conditions.</param>
/// <param name="sets">Where the members of a list are found.</param>
/// <param name="family">The rule set's family.</param>
internal sealed class SetProgram(SetMatch match, SetCatalog sets, Family family)
{
    private const ulong All = ulong.MaxValue;

    /// <summary>Two dimensions of an element that are not a port, two words each.</summary>
    private static readonly Local FirstHead = new(0), FirstTail = new(1), SecondHead = new(2), SecondTail = new(3);

    /// <summary>The key's last word; the rest of the list of shapes; the current shape; 1 when the packet is in the set.</summary>
    private static readonly Local Tag = new(4), Piece = new(5), Shape = new(6), Result = new(7);

    /// <summary>The mark of a network in a hash:net,iface: none of its interfaces was the packet's, and shorter prefixes are not asked.</summary>
    private static readonly ImmutableArray<Step> EndOfNet =
    [
        new Fetch(Shape.Index, SetLayout.FlagsWord),
        If((Shape & (int)SetLayout.PresenceFlag).IsNot(0), Set(Result, 0), Leave),
    ];

    private static readonly OffsetOf Network = new(HeaderBase.Network), Transport = new(HeaderBase.Transport);

    public StepProgram For(SetDefinition set) => new("set", Locals: 8,
    [
        .. set.Type.Method == SetMethod.List ? List(set) : Element(set, Counting.Of(match, set)),
        If(Result.Is(1), Found),
        NotFound,
    ]);

    /// <summary>What a test does with counters.</summary>
    /// <param name="Updates">Whether they move.</param>
    /// <param name="Packets">What they must be afterwards; null for anything.</param>
    /// <param name="Bytes">Likewise.</param>
    private sealed record Counting(bool Updates, CounterTest? Packets, CounterTest? Bytes)
    {
        public static Counting Of(SetMatch match, SetDefinition set) =>
            set.HasCounters ? new(!match.KeepsCounters, match.Packets, match.Bytes) : new(Updates: false, null, null);

        /// <summary>A list asks no counters of its members (<c>list_set_ktest</c>); each of the two flags keeps them from moving (measured on Linux 6.18).</summary>
        public static Counting OfMember(SetMatch match, SetDefinition member) =>
            new(member.HasCounters && !match.KeepsCounters && !match.KeepsSubcounters, null, null);
    }

    /// <summary><c>list_set_ktest</c>: the first member that has the packet, and whose place in the list lives and fits the counters.</summary>
    private ImmutableArray<Step> List(SetDefinition list)
    {
        var table = SetLayout.TableOf(list);
        var steps = ImmutableArray.CreateBuilder<Step>();
        steps.Add(Set(Result, 0));
        foreach (var member in SetMeaning.MembersOf(list, sets).Where(m => SetMeaning.Fits(m, match, family)))
        {
            ImmutableArray<Step> place =
            [
                .. Head(list, table),
                If(Result.Is(1),
                    Set(Tag, Piece & Constant(0xFFul << SetLayout.GenerationShift)),
                    new Find(Result.Index, table, [.. SetLayout.NameWords(member.Name).Select(Constant), Tag])),
            ];
            steps.Add(If(Result.Is(0),
            [
                .. place,
                If(Result.Is(1), [.. Element(member, Counting.OfMember(match, member))]),
                If(Result.Is(1), [.. place, If(Result.Is(1), [.. Count(Counting.Of(match, list))])]),
            ]));
        }

        return steps.ToImmutable();
    }

    /// <summary>Whether the set has an element for the packet.</summary>
    private ImmutableArray<Step> Element(SetDefinition set, Counting counting)
    {
        var table = SetLayout.TableOf(set);
        ImmutableArray<Step> search =
        [
            .. Load(set),
            .. Head(set, table),
            If(Result.Is(1),
            [
                Set(Tag, Tag | (Piece & Constant(0xFFul << SetLayout.GenerationShift))),
                .. set.Type.HasNets ? Nets(set, table, counting) : Single(set, table, counting),
            ]),
        ];
        if (set.Type.Parts.Contains(SetPart.Mac)) { search = [Set(Result, 0), If(new Ask(Field.EthernetLink).Is(1), [.. search])]; }
        var port = set.Type.Parts.IndexOf(SetPart.Port);
        return port < 0 ? [Set(Tag, 0), .. search] : [.. Port(set, IsSource(port)), If(Result.Is(1), [.. search])];
    }

    private static ImmutableArray<Step> Head(SetDefinition set, Table table) =>
    [
        new Find(Result.Index, table, [.. SetImage.HeadKey(set).Select(Constant)]),
        If(Result.Is(1), new Fetch(Piece.Index, SetLayout.FlagsWord)),
    ];

    private static ImmutableArray<Step> Single(SetDefinition set, Table table, Counting counting) =>
    [
        new Find(Result.Index, table, Key(set, (head, tail, words) => words == 1 ? [head] : [head, tail], Tag)),
        If(Result.Is(1), [.. SetLayout.KeepsMac(set) ? Mac(set, counting) : Count(counting)]),
    ];

    /// <summary>Tries the shapes one by one (<c>mtype_test_cidrs</c>).</summary>
    private ImmutableArray<Step> Nets(SetDefinition set, Table table, Counting counting)
    {
        var isPair = set.Type.Parts.Count(p => p is SetPart.Net or SetPart.Interface) == 2;
        return
        [
            Set(Result, 0),
            new Repeat(isPair ? SetLayout.MostShapes + 1 : set.AddressBits + 2,
            [
                Set(Shape, Piece & (int)SetLayout.NoShape),
                If(Shape.Is((int)SetLayout.NoShape),
                    Set(Shape, (Piece >> SetLayout.NextPieceShift) & 0xFF),
                    Set(Result, 0),
                    If(Shape.Is(0), Leave),
                    Set(Piece, Tag & Constant(0xFFul << SetLayout.GenerationShift)),
                    new Find(Result.Index, table, [.. Enumerable.Repeat(Constant(0), table.KeyWords - 1), (Piece | Shape) | Constant(SetLayout.PieceKind)]),
                    If(Result.Is(0), Leave),
                    new Fetch(Piece.Index, SetLayout.FlagsWord),
                    Set(Shape, Piece & (int)SetLayout.NoShape)),

                // Moves the list on by one shape, and none comes in behind.
                Set(Result, (Piece >> 16) & Constant(0xFFFF_FFFF)),
                Set(Piece, Piece & Constant(0xFFFFul << SetLayout.NextPieceShift)),
                Set(Piece, (Piece | Result) | Constant(SetLayout.NoShape << 32)),
                .. NetPlaces(set).Any(p => p.IsWide) ? Load(set, onlyNets: true) : [],
                .. Mask(set),
                new Find(Result.Index, table, Key(set, MaskedWords(set), Tag | (Shape << SetLayout.ShapeShift))),
                If(Result.Is(1),
                [
                    .. set.Type.Parts.Contains(SetPart.Interface) ? EndOfNet : [],
                    .. Count(counting),
                    If(Result.Is(1), new Fetch(Shape.Index, SetLayout.FlagsWord), Set(Result, match.ReturnsNoMatch ? Shape & 1 : (Shape & 1) ^ 1), Leave),
                ]),
            ]),
        ];
    }

    /// <summary>Counts the packet for the current entry, then asks what the counters are (<c>ip_set_match_extensions</c>).</summary>
    private static IEnumerable<Step> Count(Counting counting)
    {
        if (counting.Updates)
        {
            yield return Set(Shape, new Ask(Field.TotalLength));
            yield return new Atomically(
            [
                new Fetch(Result.Index, SetLayout.PacketsWord),
                new Store(SetLayout.PacketsWord, Result + 1),
                new Fetch(Result.Index, SetLayout.BytesWord),
                new Store(SetLayout.BytesWord, Result + Shape),
            ]);
            yield return Set(Result, 1);
        }

        foreach (var (test, word) in new[] { (counting.Packets, SetLayout.PacketsWord), (counting.Bytes, SetLayout.BytesWord) })
        {
            if (test is null) { continue; }
            yield return new Fetch(Shape.Index, word);
            yield return If(new Comparison(test.Fails, Shape, Constant(test.Value)), Set(Result, 0));
        }
    }

    /// <summary>An element without an address takes the packet's, begins to live, and has the packet (bitmap_ipmac_do_test, <c>-EAGAIN</c>).</summary>
    private static IEnumerable<Step> Mac(SetDefinition set, Counting counting)
    {
        var word = SetLayout.MacWord(set);
        yield return Set(Piece, new Now(ClockKind.Jiffies) + 1);
        yield return Set(Tag, new Ask(Field.TotalLength));
        yield return new Fetch(Shape.Index, word);
        yield return IfElse(Shape.AtLeast(Constant(SetLayout.UnsetMac)),
            [
                Set(Shape, (Shape ^ Constant(SetLayout.UnsetMac)) * new JiffiesPerSecond()),
                If(Shape.IsNot(0), Set(Shape, Shape + Piece)),
                new Store(SetLayout.ExpiryWord, Shape),
                new Store(word, SecondTail),
                .. set.HasCounters ? [new Store(SetLayout.PacketsWord, 1), new Store(SetLayout.BytesWord, Tag)] : ImmutableArray<Step>.Empty,
            ],
            [IfElse(Shape.Is(SecondTail), [.. Count(counting)], [Set(Result, 0)])]);
    }

    /// <summary>Reads the dimensions that are not a port.</summary>
    private IEnumerable<Step> Load(SetDefinition set, bool onlyNets = false)
    {
        var (head, tail) = (FirstHead, FirstTail);
        for (var i = 0; i < set.Type.Parts.Length; i++)
        {
            var part = set.Type.Parts[i];
            if (part == SetPart.Port) { continue; }
            if (!onlyNets || part is SetPart.Net or SetPart.Interface)
            {
                foreach (var step in Load(set, part, IsSource(i), head, tail)) { yield return step; }
            }

            (head, tail) = (SecondHead, SecondTail);
        }
    }

    private static IEnumerable<Step> Load(SetDefinition set, SetPart part, bool isSource, Local head, Local tail)
    {
        switch (part)
        {
            case SetPart.Mac:
                yield return new Read(tail.Index, isSource ? 6 : 0, 8, SearchResult.NoMatch);
                yield return Set(tail, tail >> 16);
                yield return Set(head, tail);
                break;
            case SetPart.Mark:
                yield return Set(head, new Ask(Field.Mark) & Constant(set.MarkMask));
                break;
            case SetPart.Interface:
                yield return Set(head, new Ask(isSource ? Field.InNameHead : Field.OutNameHead));
                yield return Set(tail, new Ask(isSource ? Field.InNameTail : Field.OutNameTail));
                break;
            case var _ when set.AddressBits == 32:
                yield return new Read(head.Index, Network + (isSource ? 12 : 16), 4, SearchResult.NoMatch);
                if (set.AddressMask is { } mask) { yield return Set(head, head & Constant((ulong)mask)); }
                break;
            default:
                yield return new Read(head.Index, Network + (isSource ? 8 : 24), 8, SearchResult.NoMatch);
                yield return new Read(tail.Index, Network + (isSource ? 16 : 32), 8, SearchResult.NoMatch);
                if (set.AddressMask is not { } bits) { break; }
                yield return Set(head, head & Constant((ulong)(bits >> 64)));
                yield return Set(tail, tail & Constant((ulong)bits));
                break;
        }
    }

    /// <summary>The key: the words of each dimension, then the tag.</summary>
    private static ImmutableArray<Expression> Key(SetDefinition set, Func<Local, Local, int, IEnumerable<Expression>> words, Expression tag)
    {
        var key = ImmutableArray.CreateBuilder<Expression>();
        var (head, tail) = (FirstHead, FirstTail);
        foreach (var part in set.Type.Parts)
        {
            if (SetLayout.WordsOf(set, part) is > 0 and var count) { key.AddRange(words(head, tail, count)); }
            if (part != SetPart.Port) { (head, tail) = (SecondHead, SecondTail); }
        }

        key.Add(tag);
        return key.ToImmutable();
    }

    /// <summary>Words of the dimensions cut to the shape's prefixes: those of one word here, the others by <see cref="Mask"/>.</summary>
    private static Func<Local, Local, int, IEnumerable<Expression>> MaskedWords(SetDefinition set)
    {
        var places = NetPlaces(set);
        return (head, tail, words) =>
            words == 2 ? [head, tail]
            : places.FirstOrDefault(p => p.Head == head) is not { Head: not null } place ? [head]
            : [head & (Constant(0xFFFF_FFFFul << 32) >> (place.Shift == 0 ? Shape & 0xFF : Shape >> 8))];
    }

    /// <summary>Cuts addresses of 128 bits, and names, to the shape's prefixes.</summary>
    private static IEnumerable<Step> Mask(SetDefinition set)
    {
        foreach (var (head, tail, shift, isWide) in NetPlaces(set))
        {
            if (!isWide) { continue; }
            yield return Set(Result, shift == 0 ? Shape & 0xFF : Shape >> 8);
            yield return IfElse(Result.Below(64),
                [Set(head, head & ((Constant(All) >> Result) ^ Constant(All))), Set(tail, 0)],
                [If(Result.Below(128), Set(Result, Result - 64), Set(tail, tail & ((Constant(All) >> Result) ^ Constant(All))))]);
        }
    }

    /// <summary>Where the dimensions with prefixes are, and where in the shape their lengths stand.</summary>
    private static ImmutableArray<(Local Head, Local Tail, int Shift, bool IsWide)> NetPlaces(SetDefinition set)
    {
        var places = ImmutableArray.CreateBuilder<(Local, Local, int, bool)>();
        var (head, tail) = (FirstHead, FirstTail);
        foreach (var part in set.Type.Parts)
        {
            if (part == SetPart.Port) { continue; }
            if (part is SetPart.Net or SetPart.Interface) { places.Add((head, tail, places.Count * 8, SetLayout.WordsOf(set, part) == 2)); }
            (head, tail) = (SecondHead, SecondTail);
        }

        return places.ToImmutable();
    }

    private bool IsSource(int dimension) => match.Directions[dimension] == SetDirection.Source;

    /// <summary>
    /// Puts protocol and port into <see cref="Tag"/>; <see cref="Result"/> becomes 0 for a packet that has none: a short header, a later fragment (net/netfilter/ipset/ip_set_getport.c).
    /// </summary>
    private ImmutableArray<Step> Port(SetDefinition set, bool isSource) =>
    [
        Set(Tag, new Ask(Field.Protocol)),
        Set(Shape, new Ask(Field.FragmentOffset)),
        Set(Result, 1),
        Set(Piece, 0),
        .. set.Type.HasBarePorts
            ? [Set(Result, 0), If(Tag.Is(Protocols.Tcp), Set(Piece, 20), Set(Result, 1)), If(Tag.Is(Protocols.Udp), Set(Piece, 8), Set(Result, 1))]
            : AnyPort(),
        If(Piece.IsNot(0),
            If((Transport + Piece).Above(new PacketEnd()), Set(Result, 0)),
            If(Shape.IsNot(0), Set(Result, 0))),
        .. family == Family.IPv6 ? [If(Shape.IsNot(0), Set(Result, 0))] : ImmutableArray<Step>.Empty,
        Set(Shape, 0),
        If(Result.Is(1), If(Piece.IsNot(0), ReadPort(set, isSource))),
        Set(Tag, set.Type.HasBarePorts ? Shape : (Tag << 16) | Shape),
    ];

    /// <summary>How many bytes of a header must be there, 0 for protocols without ports. What a broken chain of IPv6 headers ends with is no protocol.</summary>
    private ImmutableArray<Step> AnyPort() =>
    [
        If(Tag.Is(Protocols.Tcp), Set(Piece, 20)),
        If(Tag.Is(Protocols.Sctp), Set(Piece, 12)),
        .. new[] { Protocols.Udp, Protocols.UdpLite, Protocols.Icmp, Protocols.IcmpV6 }.Select(p => If(Tag.Is(p), Set(Piece, 8))),
        .. (family == Family.IPv4 ? new byte[] { 0 } : [0, 43, 44, 51, 59, 60]).Select(p => If(Tag.Is(p), Set(Result, 0))),
    ];

    private static Step[] ReadPort(SetDefinition set, bool isSource)
    {
        var port = new Read(Shape.Index, Transport + (isSource ? 0 : 2), 2, SearchResult.NoMatch);
        var type = new Read(Shape.Index, Transport, 2, SearchResult.NoMatch);
        return isSource || set.Type.HasBarePorts ? [port]
            : [Set(Shape, 2), If(Tag.Is(Protocols.Icmp), Set(Shape, 0)), If(Tag.Is(Protocols.IcmpV6), Set(Shape, 0)), type with { Offset = Transport + Shape }];
    }

    private static Expression Constant(ulong value) => new Constant(value);
}
