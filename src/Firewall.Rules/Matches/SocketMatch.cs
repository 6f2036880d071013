using Firewall.Rules.Meaning;
using Firewall.Rules.Names;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches packets for which this host has a socket (net/netfilter/xt_socket.c). Only TCP and UDP, and ICMP errors about them, can have one.
/// </summary>
/// <param name="IsTransparent">The socket must be transparent.</param>
/// <param name="IsBound">Sockets bound to no address do not count.</param>
/// <param name="RestoresMark">The packet gets the socket's mark.</param>
public sealed record SocketMatch(bool IsTransparent, bool IsBound, bool RestoresMark) : Match
{
    private static readonly Flag Transparent = Option.Flag("--transparent");
    private static readonly Flag NoWildcard = Option.Flag("--nowildcard");
    private static readonly Flag RestoreMark = Option.Flag("--restore-skmark");

    public static readonly MatchModule Module = new("socket")
    {
        Summary = "Matches packets for which this host has a socket.",
        Chains = ["PREROUTING", "INPUT"],
        Options = [Transparent, NoWildcard, RestoreMark],
        Create = given => new SocketMatch(given.Has(Transparent), given.Has(NoWildcard), given.Has(RestoreMark)),
        Examples =
        [
            Accepts("-m socket"),
            Accepts("-m socket --restore-skmark --nowildcard --transparent", prints: "-m socket --transparent --nowildcard --restore-skmark"),
            Accepts("-m socket --transparent").In(Family.IPv6),
            Rejects("-m socket ! --transparent"),
            Rejects("-m socket --wildcard"),
            Rejects("-m socket").OnForward(),
            Misses("-m socket", Packet.Ip(47, 0, 0, 0, 0)),
            Misses("-m socket --nowildcard", Packet.Ip6(59)),
            Defers("-m socket", DeferReason.Socket, Packet.Udp(1, 53)),
            Defers("-m socket", DeferReason.Socket, Packet.Icmp6(1)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Of(
        Field.Protocol.In(ValueSet.Of(Protocols.Tcp, Protocols.Udp, family == Family.IPv4 ? Protocols.Icmp : Protocols.IcmpV6)),
        new Unknowable(DeferReason.Socket));

    public override void Print(OptionWriter writer)
    {
        if (IsTransparent) { writer.Write(Transparent); }
        if (IsBound) { writer.Write(NoWildcard); }
        if (RestoresMark) { writer.Write(RestoreMark); }
    }
}
