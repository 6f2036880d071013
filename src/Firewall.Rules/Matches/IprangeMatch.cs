using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches addresses that need not form a network (net/netfilter/xt_iprange.c). A reversed range loads and contains nothing.</summary>
/// <param name="Source">Where the packet comes from; null to ask nothing.</param>
/// <param name="Destination">Where it goes; null to ask nothing.</param>
/// <param name="Family">How the addresses are written.</param>
public sealed record IprangeMatch(Given<ValueRange>? Source, Given<ValueRange>? Destination, Family Family) : Match
{
    private static readonly Option<ValueRange> SourceRange = Option.Value("--src-range", Values.AddressRange).Negatable();
    private static readonly Option<ValueRange> DestinationRange = Option.Value("--dst-range", Values.AddressRange).Negatable();

    public static readonly MatchModule Module = new("iprange")
    {
        Summary = "Matches source and destination addresses against ranges.",
        Options = [SourceRange, DestinationRange],
        Create = Read,
        Examples =
        [
            Accepts("-m iprange --src-range 10.0.0.5-10.0.0.9 ! --dst-range 192.0.2.0-192.0.2.1"),
            Accepts("-m iprange --dst-range 1.2.3", prints: "-m iprange --dst-range 1.2.3.0-1.2.3.0"),
            Accepts("-m iprange --src-range 1.1.1.9-1.1.1.1"),
            Accepts("-m iprange --src-range 2001:DB8::1-2001:db8:0::5", prints: "-m iprange --src-range 2001:db8::1-2001:db8::5").In(Family.IPv6),
            Rejects("-m iprange"),
            Rejects("-m iprange --src-range 1.2.3.4-"),
            Rejects("-m iprange --src-range 1.2.3.4.5"),
            Rejects("-m iprange --src-range localhost"),
            Rejects("-m iprange --src-range 1.2.3.4").In(Family.IPv6),
            Hits("-m iprange --src-range 10.0.0.1-10.0.0.2", Packet.Tcp(1, 80)),
            Hits("-m iprange ! --dst-range 2001:db8::1-2001:db8::5", Packet.Tcp6(1, 80)),
            Hits("-m iprange ! --src-range 10.0.0.9-10.0.0.1", Packet.Tcp(1, 80)),
            Misses("-m iprange --src-range 10.0.0.3-10.0.0.9", Packet.Tcp(1, 80)),
            Misses("-m iprange --src-range 10.0.0.9-10.0.0.1", Packet.Tcp(1, 80)),
            Misses("-m iprange --src-range 10.0.0.2 ! --dst-range 192.0.2.0-192.0.2.1", Packet.Tcp(1, 80)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var guard = Guard.Always;
        if (Source is { } source) { guard = guard.And(Field.SourceAddress(family).In(source)); }
        return Destination is { } destination ? guard.And(Field.DestinationAddress(family).In(destination)) : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (Source is { } source) { writer.Write(SourceRange, Values.AddressRangeText(source.Value, Family), source.IsNegated); }
        if (Destination is { } destination) { writer.Write(DestinationRange, Values.AddressRangeText(destination.Value, Family), destination.IsNegated); }
    }

    private static IprangeMatch? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "--src-range or --dst-range is missing");
            return null;
        }

        return new(given.Get(SourceRange), given.Get(DestinationRange), given.Context.Family);
    }
}
