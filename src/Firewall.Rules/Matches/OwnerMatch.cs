using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the owner of the socket that sends a packet (net/netfilter/xt_owner.c). For a packet without a socket every question has the answer no.
/// </summary>
/// <param name="Users">Numbers of users.</param>
/// <param name="Groups">Numbers of groups.</param>
/// <param name="HasSocket">Whether there must be a socket; null to ask nothing.</param>
/// <param name="AnyGroup">Supplementary groups count, too.</param>
public sealed record OwnerMatch(Given<ValueRange>? Users, Given<ValueRange>? Groups, bool? HasSocket, bool AnyGroup) : Match
{
    private static readonly Option<ValueRange> UidOwner = Option.Value("--uid-owner", Values.Users).Negatable();
    private static readonly Option<ValueRange> GidOwner = Option.Value("--gid-owner", Values.Groups).Negatable();
    private static readonly Flag SupplementaryGroups = Option.Flag("--suppl-groups");
    private static readonly Flag SocketExists = Option.Flag("--socket-exists").Negatable();

    public static readonly MatchModule Module = new("owner")
    {
        Summary = "Matches the user and group of the socket that sends a packet.",
        Chains = ["OUTPUT", "POSTROUTING"],
        Options = [UidOwner, GidOwner, SupplementaryGroups, SocketExists],
        Create = Read,
        Examples =
        [
            Accepts("-m owner --uid-owner root", prints: "-m owner --uid-owner 0").OnOutput(),
            Accepts("-m owner ! --gid-owner adm ! --uid-owner 0x10-100 ! --socket-exists", prints: "-m owner ! --socket-exists ! --uid-owner 16-100 ! --gid-owner 4").OnOutput(),
            Accepts("-m owner --gid-owner nogroup --suppl-groups", prints: "-m owner --gid-owner 65534 --suppl-groups").OnOutput(),
            Accepts("-m owner --socket-exists").In(Family.IPv6).OnOutput(),
            Rejects("-m owner --uid-owner 0"),
            Rejects("-m owner").OnOutput(),
            Rejects("-m owner --uid-owner 10-5").OnOutput(),
            Rejects("-m owner --uid-owner 4294967295").OnOutput(),
            Rejects("-m owner --uid-owner nosuchuser").OnOutput(),
            Rejects("-m owner --suppl-groups --uid-owner 5").OnOutput(),
            Hits("-m owner --uid-owner 1000-1005", Packet.Udp(1, 53)).OnOutput().Knowing(Field.SocketExists, 1).Knowing(Field.SocketUser, 1005),
            Hits("-m owner ! --uid-owner 0 ! --gid-owner 0", Packet.Udp(1, 53)).OnOutput().Knowing(Field.SocketExists, 0),
            Hits("-m owner ! --socket-exists ! --uid-owner 0", Packet.Udp6(1, 53)).OnOutput().Knowing(Field.SocketExists, 0),
            Misses("-m owner --uid-owner 0", Packet.Udp(1, 53)).OnOutput().Knowing(Field.SocketExists, 0),
            Misses("-m owner ! --gid-owner 5", Packet.Udp(1, 53)).OnOutput().Knowing(Field.SocketExists, 1).Knowing(Field.SocketGroup, 5),
            Misses("-m owner ! --socket-exists --uid-owner 0", Packet.Udp(1, 53)).OnOutput(),
            Defers("-m owner --uid-owner 0", DeferReason.Socket, Packet.Udp(1, 53)).OnOutput(),
            Defers("-m owner --gid-owner 5 --suppl-groups", DeferReason.Socket, Packet.Udp(1, 53)).OnOutput().Knowing(Field.SocketExists, 1).Knowing(Field.SocketGroup, 5),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var users = Users is { } user ? Field.SocketUser.In(user) : null;
        var groups = Groups is { } group && !AnyGroup ? Field.SocketGroup.In(group) : null;
        var noSocket = Field.SocketExists.Is(0);
        if (Users is { IsNegated: false } || Groups is { IsNegated: false } || AnyGroup || HasSocket == true)
        {
            if (HasSocket == false) { return Guard.Of(new Never()); }
            var guard = new Guard([Field.SocketExists.Is(1), .. ((Test?[])[users, groups]).OfType<Test>()]);
            return AnyGroup ? guard.And(new Unknowable(DeferReason.Socket)) : guard;
        }

        return HasSocket == false
            ? Guard.Of(noSocket)
            : new Guard([.. ((Test?[])[users, groups]).OfType<Test>().Select(test => new AnyOf([noSocket, test]))]);
    }

    public override void Print(OptionWriter writer)
    {
        if (HasSocket is { } exists) { writer.Write(SocketExists, negated: !exists); }
        if (Users is { } users) { writer.Write(UidOwner, Values.OwnerText(users.Value), users.IsNegated); }
        if (Groups is { } groups) { writer.Write(GidOwner, Values.OwnerText(groups.Value), groups.IsNegated); }
        if (AnyGroup) { writer.Write(SupplementaryGroups); }
    }

    private static OwnerMatch? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "one of --uid-owner, --gid-owner and --socket-exists is missing");
            return null;
        }

        var order = given.Uses.Select(use => use.Option).ToList();
        if (given.Has(SupplementaryGroups) && (!given.Has(GidOwner) || order.IndexOf(GidOwner) > order.IndexOf(SupplementaryGroups)))
        {
            given.Fail(SupplementaryGroups, "--suppl-groups needs --gid-owner before it");
            return null;
        }

        return new(given.Get(UidOwner), given.Get(GidOwner), !given.Negation(SocketExists), given.Has(SupplementaryGroups));
    }
}
