using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the state of the packet's connection. iptables loads it as <c>conntrack</c> under another name (net/netfilter/xt_conntrack.c, <c>conntrack_mt</c>).
/// </summary>
public sealed record StateMatch(Given<TrackStates> States) : Match
{
    private static readonly Option<TrackStates> State = Option.Value("--state", Values.PlainStates).Required().Negatable();

    public static readonly MatchModule Module = new("state")
    {
        Summary = "Matches the state of the packet's connection.",
        Options = [State],
        Create = given => given.Get(State) is { } states ? new StateMatch(states) : null,
        Examples =
        [
            Accepts("-m state --state NEW,ESTABLISHED,RELATED", prints: "-m state --state NEW,RELATED,ESTABLISHED"),
            Accepts("-m state ! --state inv,u", prints: "-m state ! --state INVALID,UNTRACKED"),
            Accepts("-m state --state E", prints: "-m state --state ESTABLISHED"),
            Rejects("-m state"),
            Rejects("-m state --state NEW,"),
            Rejects("-m state --state SNAT"),
            Rejects("-m state --ctstate NEW"),
            Hits("-m state --state NEW", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.New),
            Hits("-m state ! --state NEW", Packet.Icmp6(135)).Knowing(Field.TrackState, (uint)TrackState.Untracked),
            Hits("-m state --state ESTABLISHED,RELATED", Packet.Udp(53, 1000))
                .Knowing(Field.TrackState, (uint)TrackState.Established, (uint)TrackState.Related),
            Misses("-m state --state INVALID", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.New),
            Misses("-m state ! --state NEW,INVALID", Packet.Tcp6(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.New, (uint)TrackState.Invalid),
            Defers("-m state --state NEW", DeferReason.ConnectionState, Packet.Tcp(1000, 80)),
            Defers("-m state --state NEW", DeferReason.ConnectionState, Packet.Tcp(1000, 80))
                .Knowing(Field.TrackState, (uint)TrackState.New, (uint)TrackState.Invalid),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family) => new([.. ConntrackMatch.InState(States)]);

    public override void Print(OptionWriter writer) => writer.Write(State, Values.StatesText(States.Value), States.IsNegated);
}
