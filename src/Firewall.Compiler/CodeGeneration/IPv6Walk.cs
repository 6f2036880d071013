using System.Collections.Immutable;
using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The walk over IPv6 extension headers, as <c>ipv6_find_hdr</c> with target -1 (net/ipv6/exthdrs_core.c): finds the transport protocol and, on the way,
/// the first extension header of each kind.
/// </summary>
internal static class IPv6Walk
{
    // Protocol numbers of extension headers.
    private const int HopByHop = 0;
    private const int Routing = 43;
    private const int Fragment = 44;
    private const int Authentication = 51;
    private const int Destination = 60;

    private const int LargestPacket = 65_575;
    private const ulong IsExtension = (1UL << HopByHop) | (1UL << Routing) | (1UL << Fragment) | (1UL << Authentication) | (1UL << Destination);

    private static readonly Local Next = new(0);
    private static readonly Local Offset = new(1);
    private static readonly Local Word = new(2);
    private static readonly Local FragmentWord = new(3);

    /// <summary>
    /// Match: the walk reached a protocol. No match: it broke; the extension headers met before are kept all the same.
    /// </summary>
    public static readonly StepProgram Program = new("ipv6_walk", Locals: 4,
    [
        new Read(Next.Index, new OffsetOf(HeaderBase.Network) + 6, 1, SearchResult.NoMatch),
        new Let(Offset.Index, new OffsetOf(HeaderBase.Network) + 40),
        new Repeat(LargestPacket / 8,
        [
            // Anything else, "no next header" (59) included, is the protocol.
            If(Comparator.Greater, Next, 63, [new Break()]),
            If(Comparator.Equal, (new Constant(IsExtension) >> Next) & 1, 0, [new Break()]),
            new Read(Word.Index, Offset, 2, SearchResult.NoMatch),
            If(Comparator.Equal, Next, Routing, [new Read(FragmentWord.Index, Offset, 4, SearchResult.NoMatch)]),
            If(Comparator.Equal, Next, Fragment, FragmentHeader,
            [
                Remember(HeaderBase.HopByHop, HopByHop),
                Remember(HeaderBase.Routing, Routing),
                Remember(HeaderBase.DestinationOptions, Destination),
                If(Comparator.Equal, Next, Authentication,
                    [Note(HeaderBase.Authentication), new Let(Offset.Index, Offset + (((Word & 0xFF) + 2) << 2))],
                    [new Let(Offset.Index, Offset + (((Word & 0xFF) + 1) << 3))]),
            ]),
            new Let(Next.Index, Word >> 8),
        ]),
        .. Arrive(Next, Offset),
    ]);

    private static ImmutableArray<Step> FragmentHeader =>
    [
        new Read(FragmentWord.Index, Offset + 2, 2, SearchResult.NoMatch),
        Note(HeaderBase.Fragment),
        new Keep(Scratch.FragmentWord, Width.Word, new Kept(Scratch.FragmentWord) | FragmentWord),
        new Let(Offset.Index, Offset + 8),
        If(Comparator.NotEqual, FragmentWord & 0xFFF8, 0,
        [
            // A later fragment: what it names is the protocol, unless that is yet another extension header.
            If(Comparator.LessOrEqual, Word >> 8, 63,
            [
                If(Comparator.NotEqual, (new Constant(IsExtension) >> (Word >> 8)) & 1, 0,
                    [new Keep(Scratch.AbsenceIsCertain, Width.Word, 1), new Return(SearchResult.NoMatch)]),
            ]),

            // The kernel does not look for its header: the offset stays that of the packet.
            .. Arrive(Word >> 8, new OffsetOf(HeaderBase.Network)),
        ]),
    ];

    private static When If(Comparator op, Expression left, Expression right, ImmutableArray<Step> then, ImmutableArray<Step>? otherwise = null) =>
        new(new Comparison(op, left, right), then, otherwise ?? []);

    private static When Remember(HeaderBase header, int number) => If(Comparator.Equal, Next, number, [Note(header)]);

    /// <summary>Keeps the first place of a kind of header.</summary>
    private static When Note(HeaderBase header)
    {
        var place = SearchEmitter.PlaceOf(header);
        return If(Comparator.Equal, new Kept(place), 0, [new Keep(place, Width.Word, Offset)]);
    }

    private static ImmutableArray<Step> Arrive(Expression protocol, Expression offset) =>
    [
        new Keep(Scratch.Protocol, Width.Word, protocol),
        new Keep(Scratch.ChainIntact, Width.Double, new Constant(ulong.MaxValue)),
        new Keep(Scratch.AbsenceIsCertain, Width.Word, 1),
        new Keep(Scratch.TransportOffset, Width.Word, offset),
        If(Comparator.Less, offset, new PacketEnd(), [new Keep(Scratch.TransportLength, Width.Word, new PacketEnd() - offset)]),
        new Return(SearchResult.Match),
    ];
}
