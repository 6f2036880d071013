using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches the bridge ports by which a packet came and goes (net/netfilter/xt_physdev.c). For a packet that came through no bridge every
/// question has the answer no.
/// </summary>
/// <param name="InPort">The port it came in by.</param>
/// <param name="OutPort">The port it leaves by.</param>
/// <param name="HasInPort">Whether it came in by a port; null to ask nothing.</param>
/// <param name="HasOutPort">Whether it leaves by a port; null to ask nothing.</param>
/// <param name="IsBridged">Whether it is bridged, not routed; null to ask nothing.</param>
public sealed record PhysdevMatch(Given<string>? InPort, Given<string>? OutPort, bool? HasInPort, bool? HasOutPort, bool? IsBridged) : Match
{
    private static readonly Option<string> PhysdevIn = Option.Value("--physdev-in", Values.BridgePort).Negatable();
    private static readonly Option<string> PhysdevOut = Option.Value("--physdev-out", Values.BridgePort).Negatable();
    private static readonly Flag IsIn = Option.Flag("--physdev-is-in").Negatable();
    private static readonly Flag IsOut = Option.Flag("--physdev-is-out").Negatable();
    private static readonly Flag Bridged = Option.Flag("--physdev-is-bridged").Negatable();

    public static readonly MatchModule Module = new("physdev")
    {
        Summary = "Matches the bridge ports by which a packet comes and goes.",
        Options = [PhysdevIn, PhysdevOut, IsIn, IsOut, Bridged],
        Create = Read,
        Examples =
        [
            Accepts("-m physdev ! --physdev-in eth+ ! --physdev-out br0"),
            Accepts("-m physdev --physdev-is-bridged ! --physdev-is-out --physdev-in eth0 --physdev-is-in", prints: "-m physdev --physdev-is-in --physdev-in eth0 ! --physdev-is-out --physdev-is-bridged"),
            Accepts("-m physdev --physdev-out eth1 --physdev-is-bridged").OnOutput(),
            Rejects("-m physdev"),
            Rejects("-m physdev --physdev-in 0123456789abcdef"),
            Rejects("-m physdev --physdev-out eth1").OnOutput(),
            Rejects("-m physdev --physdev-is-out").OnOutput(),
            Hits("-m physdev ! --physdev-is-in ! --physdev-out eth1", Packet.Udp(1, 53)).Knowing(Field.Bridge, 0),
            Hits("-m physdev ! --physdev-is-bridged", Packet.Udp6(1, 53)).Knowing(Field.Bridge, 0),
            Misses("-m physdev --physdev-is-in", Packet.Udp(1, 53)).Knowing(Field.Bridge, 0),
            Misses("-m physdev --physdev-in eth0 ! --physdev-is-bridged", Packet.Udp(1, 53)).Knowing(Field.Bridge, 0),
            Defers("-m physdev ! --physdev-in eth0", DeferReason.Bridge, Packet.Udp(1, 53)),
            Defers("-m physdev --physdev-is-bridged", DeferReason.Bridge, Packet.Udp(1, 53)).OnForward(),
        ],
    };

    public override string ModuleName => Module.Name;

    /// <summary>What OUTPUT sends is given to a bridge only later, so that its port cannot be asked for there unless bridged packets are meant.</summary>
    public override ImmutableArray<string> Chains => (OutPort is not null || HasOutPort is not null) && IsBridged != true
        ? ["PREROUTING", "INPUT", "FORWARD", "POSTROUTING"]
        : [];

    public override Guard Meaning(Family family)
    {
        var wantsBridge = InPort is { IsNegated: false } || OutPort is { IsNegated: false } || HasInPort == true || HasOutPort == true || IsBridged == true;
        return wantsBridge ? Guard.Of(Field.Bridge.Is(1), new Unknowable(DeferReason.Bridge)) : Guard.Of(Field.Bridge.Is(0));
    }

    public override void Print(OptionWriter writer)
    {
        if (HasInPort is { } hasIn) { writer.Write(IsIn, negated: !hasIn); }
        if (InPort is { } input) { writer.Write(PhysdevIn, input.Value, input.IsNegated); }
        if (HasOutPort is { } hasOut) { writer.Write(IsOut, negated: !hasOut); }
        if (OutPort is { } output) { writer.Write(PhysdevOut, output.Value, output.IsNegated); }
        if (IsBridged is { } bridged) { writer.Write(Bridged, negated: !bridged); }
    }

    private static PhysdevMatch? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "an option of physdev is missing", "one of --physdev-in, --physdev-out, --physdev-is-in, --physdev-is-out and --physdev-is-bridged");
            return null;
        }

        return new(given.Get(PhysdevIn), given.Get(PhysdevOut), !given.Negation(IsIn), !given.Negation(IsOut), !given.Negation(Bridged));
    }
}
