using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Matches the realm of the packet's route (net/netfilter/xt_realm.c).</summary>
public sealed record RealmMatch(Given<MaskedNumber> Test) : Match
{
    /// <summary>The name that iproute2 has for realm 0.</summary>
    private const string Cosmos = "cosmos";

    private static readonly Option<MaskedNumber> Realm = Option.Value("--realm", Values.NamedNumber("realm", Cosmos)).Required().Negatable();

    public static readonly MatchModule Module = new("realm")
    {
        Summary = "Matches the realm of the packet's route.",
        OnlyFamily = Family.IPv4,
        Chains = ["INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        Options = [Realm],
        Create = given => given.Get(Realm) is { } test ? new RealmMatch(test) : null,
        Examples =
        [
            Accepts("-m realm --realm 1", prints: "-m realm --realm 0x1"),
            Accepts("-m realm ! --realm 0x10/0xff"),
            Accepts("-m realm --realm 0", prints: "-m realm --realm cosmos"),
            Accepts("-m realm --realm 5/0", prints: "-m realm --realm 0x5/0x0"),
            Rejects("-m realm"),
            Rejects("-m realm --realm elsewhere"),
            Rejects("-m realm --realm 4294967296"),
            Rejects("-m realm --realm 1").OnPrerouting(),
            Hits("-m realm --realm 5/0xf", Packet.Udp(1, 53)).Knowing(Field.Realm, 0x25),
            Hits("-m realm ! --realm 5/2", Packet.Udp(1, 53)).Knowing(Field.Realm, 5),
            Misses("-m realm --realm cosmos", Packet.Udp(1, 53)).Knowing(Field.Realm, 1),
            Misses("-m realm --realm 5/0", Packet.Udp(1, 53)),
            Defers("-m realm --realm 5", DeferReason.Route, Packet.Udp(1, 53)),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => Guard.Always.And(Field.Realm.Masked(Test.Value.Mask, Test.Value.Number, Test.IsNegated));

    public override void Print(OptionWriter writer) => writer.Write(Realm, Values.NamedNumberText(Test.Value, Cosmos), Test.IsNegated);
}
