using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the fragment header of IPv6 packets (net/ipv6/netfilter/ip6t_frag.c).</summary>
/// <param name="Identification">Its identification field.</param>
/// <param name="Length">Kept and printed, but the kernel does not look at it; null when not given.</param>
/// <param name="ReservedIsZero">Asks for its reserved fields to be zero.</param>
/// <param name="IsFirst">Asks for offset 0.</param>
/// <param name="MoreFollow">Asks for more fragments to follow, or for none; null to ask nothing.</param>
public sealed record FragMatch(Given<ValueRange> Identification, Given<uint>? Length, bool ReservedIsZero, bool IsFirst, bool? MoreFollow) : Match
{
    private static readonly ValueRange Any = new(0, uint.MaxValue);

    private static readonly Option<ValueRange> Id = Option.Value("--fragid", Values.Range(uint.MaxValue)).Negatable();
    private static readonly Option<uint> HeaderLength = Option.Value("--fraglen", Values.Number(uint.MaxValue)).Negatable();
    private static readonly Flag Reserved = Option.Flag("--fragres");
    private static readonly Flag First = Option.Flag("--fragfirst");
    private static readonly Flag More = Option.Flag("--fragmore");
    private static readonly Flag Last = Option.Flag("--fraglast");

    public static readonly MatchModule Module = new("frag")
    {
        Summary = "Matches the fragment header of IPv6 packets.",
        OnlyFamily = Family.IPv6,
        Options = [Id, HeaderLength, Reserved, First, More, Last],
        Create = Read,
        Examples =
        [
            Accepts("-m frag").In(Family.IPv6),
            Accepts("-m frag ! --fragid 0x1:5 ! --fraglen 8 --fragres --fragfirst --fraglast", prints: "-m frag ! --fragid 1:5 ! --fraglen 8 --fragres --fragfirst --fraglast").In(Family.IPv6),
            Accepts("-m frag ! --fragid :", prints: "-m frag").In(Family.IPv6),
            Accepts("-m frag --fragid 5:4").In(Family.IPv6),
            Rejects("-m frag --fragmore --fraglast").In(Family.IPv6),
            Rejects("-m frag ! --fragres").In(Family.IPv6),
            Rejects("-m frag --fraglen -1").In(Family.IPv6),
            Hits("-m frag --fragfirst --fragmore", Packet.Udp6(1, 53).Fragment(0, more: true, id: 7)),
            Hits("-m frag --fraglast --fragid 7 --fraglen 99", Packet.Ip6(Transport.Udp, 1).Fragment(1, more: false, id: 7)),
            Misses("-m frag --fragfirst", Packet.Ip6(Transport.Udp, 1).Fragment(1, more: true)),
            Misses("-m frag ! --fragid 5:9", Packet.Udp6(1, 53).Fragment(0, more: false, id: 7)),
            Misses("-m frag --fragres", Packet.Udp6(1, 53).WithExtension(44, 1, 0, 0, 0, 0, 0, 7)),
            Misses("-m frag", Packet.Udp6(1, 53)),
            Hotdrops("-m frag", Packet.Ip6(44, 17, 0, 0, 0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var offset = Field.Bytes(HeaderBase.Fragment, 2, 2, "fragment offset and flags");
        var guard = Guard.Of(new HeaderGate(HeaderBase.Fragment, 8, WhenMissing.Hotdrop))
            .And(Field.Bytes(HeaderBase.Fragment, 4, 4, "fragment identification").In(Identification));
        if (ReservedIsZero) { guard = guard.And(Field.Bytes(HeaderBase.Fragment, 1, 1, "fragment reserved").Is(0)).And(offset.Masked(0x6, 0)); }
        if (IsFirst) { guard = guard.And(offset.Masked(0xfff8, 0)); }
        return MoreFollow is { } more ? guard.And(offset.Masked(1, more ? 1 : UInt128.Zero)) : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (Identification.Value != Any) { writer.Write(Id, Values.Text(Identification.Value), Identification.IsNegated); }
        if (Length is { } length) { writer.Write(HeaderLength, $"{length.Value}", length.IsNegated); }
        if (ReservedIsZero) { writer.Write(Reserved); }
        if (IsFirst) { writer.Write(First); }
        if (MoreFollow is { } more) { writer.Write(more ? More : Last); }
    }

    private static FragMatch? Read(GivenOptions given)
    {
        if (given.Has(More) && given.Has(Last))
        {
            given.Fail(Last, "--fragmore and --fraglast exclude each other");
            return null;
        }

        return new(
            given.Get(Id, Any),
            given.Get(HeaderLength),
            given.Has(Reserved),
            given.Has(First),
            given.Has(More) ? true : given.Has(Last) ? false : null);
    }
}
