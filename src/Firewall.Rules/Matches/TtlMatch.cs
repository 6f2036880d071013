using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the time to live as the chain sees it (net/netfilter/xt_hl.c, <c>ttl_mt</c>); FORWARD sees one less than the wire.</summary>
/// <param name="Comparison">How the packet's value relates to <paramref name="Value"/>.</param>
/// <param name="Value">From 0 to 255.</param>
public sealed record TtlMatch(HopComparison Comparison, byte Value) : Match
{
    private static readonly HopOptions Hops = new("--ttl");

    public static readonly MatchModule Module = new("ttl")
    {
        Summary = "Matches the time to live of IPv4 packets.",
        OnlyFamily = Family.IPv4,
        Options = Hops.All,
        Create = given => Hops.Read(given) is { } read ? new TtlMatch(read.Comparison, read.Value) : null,
        Examples =
        [
            Accepts("-m ttl --ttl-lt 0x10", prints: "-m ttl --ttl-lt 16"),
            Accepts("-m ttl ! --ttl 5", prints: "-m ttl ! --ttl-eq 5"),
            Accepts("-m ttl --ttl-gt 255"),
            Rejects("-m ttl"),
            Rejects("-m ttl --ttl-eq 256"),
            Rejects("-m ttl ! --ttl-lt 5"),
            Rejects("-m ttl --ttl-eq 5 --ttl-gt 3"),
            Hits("-m ttl --ttl-eq 64", Packet.Udp(1, 53)),
            Hits("-m ttl --ttl-eq 63", Packet.Udp(1, 53)).OnForward(),
            Hits("-m ttl --ttl-lt 10", Packet.Udp(1, 53).WithTtl(9)),
            Hits("-m ttl ! --ttl-eq 10", Packet.Udp(1, 53).WithTtl(11)),
            Misses("-m ttl --ttl-gt 10", Packet.Udp(1, 53).WithTtl(10)),
            Misses("-m ttl --ttl-lt 0", Packet.Udp(1, 53).WithTtl(0)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => HopOptions.Meaning(Comparison, Value);

    public override void Print(OptionWriter writer) => Hops.Print(writer, Comparison, Value);
}
