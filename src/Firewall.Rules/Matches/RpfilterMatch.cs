using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches packets whose source would be answered by the way they came (net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c).
/// </summary>
/// <param name="IsLoose">Any way back will do.</param>
/// <param name="UsesMark">The packet's mark takes part in the look-up.</param>
/// <param name="AcceptsLocal">A source that is an address of this host will do.</param>
/// <param name="IsInverted">Matches the packets that fail.</param>
public sealed record RpfilterMatch(bool IsLoose, bool UsesMark, bool AcceptsLocal, bool IsInverted) : Match
{
    private static readonly Flag Loose = Option.Flag("--loose");
    private static readonly Flag ValidMark = Option.Flag("--validmark");
    private static readonly Flag AcceptLocal = Option.Flag("--accept-local");
    private static readonly Flag Invert = Option.Flag("--invert");

    /// <summary>Destinations to which a packet from 0.0.0.0 may go: everybody, and 224.0.0.0/24.</summary>
    private static readonly ValueSet NearDestinations = ValueSet.Union([new ValueRange(0xe000_0000, 0xe000_00ff), new ValueRange(uint.MaxValue, uint.MaxValue)]);

    public static readonly MatchModule Module = new("rpfilter")
    {
        Summary = "Matches packets whose source would be answered by the way they came.",
        Chains = ["PREROUTING"],
        Tables = ["raw", "mangle"],
        Options = [Loose, ValidMark, AcceptLocal, Invert],
        Create = given => new RpfilterMatch(given.Has(Loose), given.Has(ValidMark), given.Has(AcceptLocal), given.Has(Invert)),
        Examples =
        [
            Accepts("-m rpfilter").OnPrerouting(),
            Accepts("-m rpfilter --invert --accept-local --loose --validmark", prints: "-m rpfilter --loose --validmark --accept-local --invert").OnPrerouting(),
            Accepts("-m rpfilter --invert").In(Family.IPv6).OnPrerouting(),
            Rejects("-m rpfilter"),
            Rejects("-m rpfilter ! --invert").OnPrerouting(),
            Rejects("-m rpfilter --strict").OnPrerouting(),
            Hits("-m rpfilter", Packet.Udp(68, 67).From("0.0.0.0").To("255.255.255.255")).OnPrerouting(),
            Hits("-m rpfilter", Packet.Icmp6(135).From("::")).OnPrerouting(),
            Misses("-m rpfilter --invert", Packet.Udp(68, 67).From("0.0.0.0").To("255.255.255.255")).OnPrerouting(),
            Misses("-m rpfilter --invert --loose", Packet.Icmp6(135).From("::")).OnPrerouting(),
            Defers("-m rpfilter", DeferReason.Route, Packet.Udp(1, 53)).OnPrerouting(),
            Defers("-m rpfilter --invert", DeferReason.Route, Packet.Udp(68, 67).From("0.0.0.0").To("10.0.0.1")).OnPrerouting(),
        ],
    };

    public override string ModuleName => Module.Name;

    /// <summary>Packets of the loopback device, and those from nobody to the neighbourhood, need no way back.</summary>
    public override Guard Meaning(Family family)
    {
        var answered = Field.ReversePath((IsLoose ? 1 : 0) | (UsesMark ? 2 : 0) | (AcceptsLocal ? 4 : 0)).Is(1, IsInverted);
        var looped = Field.EthernetLink.Is(0, IsInverted);
        var fromNobody = Field.SourceAddress(family).Is(0, IsInverted);
        var toNeighbours = Field.DestinationAddress(family).In(NearDestinations, IsInverted);
        return (family, IsInverted) switch
        {
            (Family.IPv6, true) => Guard.Of(looped, fromNobody, answered),
            (Family.IPv6, false) => Guard.Of(new AnyOf([looped, fromNobody, answered])),
            (_, true) => Guard.Of(looped, new AnyOf([fromNobody, toNeighbours]), answered),
            _ => Guard.Of(new AnyOf([looped, fromNobody, answered]), new AnyOf([looped, toNeighbours, answered])),
        };
    }

    public override void Print(OptionWriter writer)
    {
        if (IsLoose) { writer.Write(Loose); }
        if (UsesMark) { writer.Write(ValidMark); }
        if (AcceptsLocal) { writer.Write(AcceptLocal); }
        if (IsInverted) { writer.Write(Invert); }
    }
}
