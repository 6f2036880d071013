using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>
/// Matches what connection tracking knows of the packet's connection (net/netfilter/xt_conntrack.c, <c>conntrack_mt</c>, revision 3). A packet without an entry
/// (INVALID, UNTRACKED) is asked for its state alone: when <c>--ctstate</c> fits it matches, whatever else the rule asks; without <c>--ctstate</c> it never does.
/// </summary>
/// <param name="States">States one of which the packet must have; null to ask nothing, as for all that follow.</param>
/// <param name="Protocol">Protocol of the entry.</param>
/// <param name="Addresses">Original source and destination, reply source and destination.</param>
/// <param name="Ports">Of the same four; a reversed range contains nothing.</param>
/// <param name="Statuses">Bits one of which must be set. NONE asks for none of them to be set, in vain: it never matches.</param>
/// <param name="Expires">Seconds until the entry expires, rounded down.</param>
/// <param name="Direction">0 for original, 1 for reply.</param>
/// <param name="Family">How the addresses are written.</param>
public sealed record ConntrackMatch(
    Given<TrackStates>? States, Given<byte>? Protocol, EquatableArray<Given<HostPrefix>?> Addresses, EquatableArray<Given<ValueRange>?> Ports,
    Given<TrackStatuses>? Statuses, Given<ValueRange>? Expires, byte? Direction, Family Family) : Match
{
    private const int SourceNatBit = 0x10, DestinationNatBit = 0x20;

    private const TrackStates WithoutEntry = TrackStates.Invalid | TrackStates.Untracked;
    private const TrackStates WithEntry = TrackStates.New | TrackStates.Related | TrackStates.Established;

    private static readonly Option<TrackStates> StateOption = Option.Value("--ctstate", Values.States).Negatable();
    private static readonly Option<byte> ProtocolOption = Option.Value("--ctproto", Values.Protocol).Negatable();

    private static readonly ImmutableArray<Option<HostPrefix>> AddressOptions =
    [
        Option.Value("--ctorigsrc", Values.HostPrefix).Negatable(), Option.Value("--ctorigdst", Values.HostPrefix).Negatable(),
        Option.Value("--ctreplsrc", Values.HostPrefix).Negatable(), Option.Value("--ctrepldst", Values.HostPrefix).Negatable(),
    ];

    private static readonly ImmutableArray<Option<ValueRange>> PortOptions =
    [
        Option.Value("--ctorigsrcport", Values.ResolvedPorts).Negatable(), Option.Value("--ctorigdstport", Values.ResolvedPorts).Negatable(),
        Option.Value("--ctreplsrcport", Values.ResolvedPorts).Negatable(), Option.Value("--ctrepldstport", Values.ResolvedPorts).Negatable(),
    ];

    private static readonly Option<TrackStatuses> StatusOption = Option.Value("--ctstatus", Values.Statuses).Negatable();
    private static readonly Option<ValueRange> ExpireOption = Option.Value("--ctexpire", Values.Range(uint.MaxValue)).Negatable();
    private static readonly Option<byte> DirectionOption = Option.Value("--ctdir", Values.Direction);

    private static readonly ImmutableArray<FieldKind> AddressKinds =
        [FieldKind.TrackOriginalSource, FieldKind.TrackOriginalDestination, FieldKind.TrackReplySource, FieldKind.TrackReplyDestination];

    private static readonly ImmutableArray<FieldKind> PortKinds =
        [FieldKind.TrackOriginalSourcePort, FieldKind.TrackOriginalDestinationPort, FieldKind.TrackReplySourcePort, FieldKind.TrackReplyDestinationPort];

    public static readonly MatchModule Module = new("conntrack")
    {
        Summary = "Matches what connection tracking knows of the packet's connection.",
        Options = [StateOption, ProtocolOption, .. AddressOptions, .. PortOptions, StatusOption, ExpireOption, DirectionOption],
        Create = Read,
        Examples =
        [
            Accepts("-m conntrack --ctstate new,dn,s,UNTRACKED,R,I", prints: "-m conntrack --ctstate INVALID,NEW,RELATED,UNTRACKED,SNAT,DNAT"),
            Accepts("-m conntrack ! --ctproto TCP", prints: "-m conntrack ! --ctproto 6"),
            Accepts("-m conntrack --ctproto all", prints: "-m conntrack --ctproto 0"),
            Accepts("-m conntrack --ctorigsrc 10.1 ! --ctrepldst 10.0.0.9/8", prints: "-m conntrack --ctorigsrc 10.0.0.1 ! --ctrepldst 10.0.0.9/8"),
            Accepts("-m conntrack --ctorigsrc 10.0.0.1/255.0.255.0", prints: "-m conntrack --ctorigsrc 10.0.0.1"),
            Accepts("-m conntrack --ctorigdst 2001:db8::1/ffff::", prints: "-m conntrack --ctorigdst 2001:db8::1/16").In(Family.IPv6),
            Accepts("-m conntrack --ctorigsrcport 90:80 ! --ctorigdstport 4: --ctreplsrcport http --ctrepldstport :",
                prints: "-m conntrack --ctorigsrcport 90:80 ! --ctorigdstport 4:65535 --ctreplsrcport 80 --ctrepldstport 0:65535"),
            Accepts("-m conntrack --ctstatus NONE,a,conf", prints: "-m conntrack --ctstatus ASSURED,CONFIRMED"),
            Accepts("-m conntrack --ctdir reply --ctexpire 20: --ctstatus NONE --ctorigdst 1.1.1.1 --ctproto 17 --ctstate NEW",
                prints: "-m conntrack --ctstate NEW --ctproto 17 --ctorigdst 1.1.1.1 --ctstatus NONE --ctexpire 20:4294967295 --ctdir REPLY"),
            Rejects("-m conntrack"),
            Rejects("-m conntrack --ctstate FOO"),
            Rejects("-m conntrack --ctstate NEW --ctstate RELATED"),
            Rejects("-m conntrack --ctproto 256"),
            Rejects("-m conntrack --ctorigsrc 10.0.0.1,10.0.0.2"),
            Rejects("-m conntrack --ctorigsrc 2001:db8::1/129").In(Family.IPv6),
            Rejects("-m conntrack --ctorigsrcport 0x50"),
            Rejects("-m conntrack --ctstatus SNAT"),
            Rejects("-m conntrack --ctexpire 4294967296"),
            Rejects("-m conntrack ! --ctdir REPLY"),
            Hits("-m conntrack --ctstate NEW", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.New),
            Hits("-m conntrack --ctstate DNAT", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.New).Knowing(Field.TrackStatus, DestinationNatBit),
            Hits("-m conntrack --ctstate INVALID --ctproto udp", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.Invalid),
            Hits("-m conntrack ! --ctstate NEW --ctdir REPLY", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.Untracked).Knowing(Field.HasConnection, 0),
            Hits("-m conntrack --ctstatus CONFIRMED,ASSURED", Packet.Udp(1000, 53)).Knowing(Field.HasConnection, 1).Knowing(Field.TrackStatus, 8),
            Hits("-m conntrack ! --ctstatus NONE", Packet.Udp(1000, 53)).Knowing(Field.HasConnection, 1),
            Hits("-m conntrack --ctexpire 10:20 --ctdir ORIGINAL", Packet.Udp(1000, 53))
                .Knowing(Field.HasConnection, 1).Knowing(Field.TrackExpires, 15).Knowing(Field.TrackDirection, 0),
            Hits("-m conntrack --ctorigsrc 10.0.0.99/24 --ctrepldstport 1:2000 ! --ctproto 6", Packet.Udp(1000, 53)).Knowing(Field.HasConnection, 1)
                .Knowing(Field.TrackAddress(FieldKind.TrackOriginalSource, Family.IPv4), 0x0a000002)
                .Knowing(Field.TrackPort(FieldKind.TrackReplyDestinationPort), 1000).Knowing(Field.TrackProtocol, 17),
            Misses("-m conntrack --ctstate NEW --ctdir REPLY", Packet.Tcp(1000, 80)).Knowing(Field.TrackState, (uint)TrackState.New).Knowing(Field.TrackDirection, 0),
            Misses("-m conntrack ! --ctstate SNAT,INVALID", Packet.Tcp(1000, 80))
                .Knowing(Field.TrackState, (uint)TrackState.Established).Knowing(Field.TrackStatus, SourceNatBit),
            Misses("-m conntrack ! --ctproto 6", Packet.Udp(1000, 53)).Knowing(Field.HasConnection, 0),
            Misses("-m conntrack --ctstatus NONE", Packet.Udp(1000, 53)).Knowing(Field.HasConnection, 1),
            Misses("-m conntrack --ctreplsrcport 90:80", Packet.Udp(1000, 53)).Knowing(Field.HasConnection, 1),
            Defers("-m conntrack --ctstate RELATED,ESTABLISHED", DeferReason.ConnectionState, Packet.Tcp(1000, 80)),
            Defers("-m conntrack --ctexpire 5", DeferReason.Connection, Packet.Tcp(1000, 80)).Knowing(Field.HasConnection, 1),
        ],
    };

    public override string ModuleName => Module.Name;

    public override Guard Meaning(Family family)
    {
        var conditions = Conditions(family).Where(t => !t.IsAlwaysTrue);
        if (States is not { } states) { return new([Field.HasConnection.Is(1), .. conditions]); }
        var entryFits = states.IsNegated ? (states.Value & WithEntry) != WithEntry : (states.Value & ~WithoutEntry) != TrackStates.None;
        var noneFits = states.IsNegated ? (states.Value & WithoutEntry) != WithoutEntry : (states.Value & WithoutEntry) != TrackStates.None;
        if (!entryFits) { conditions = []; }
        return new([.. InState(states), .. conditions.Select(t => noneFits ? new AnyOf([Field.HasConnection.Is(0), t]) : (Atom)t)]);
    }

    public override void Print(OptionWriter writer)
    {
        if (States is { } states) { writer.Write(StateOption, Values.StatesText(states.Value), states.IsNegated); }
        if (Protocol is { } protocol) { writer.Write(ProtocolOption, $"{protocol.Value}", protocol.IsNegated); }
        for (var i = 0; i < AddressOptions.Length; i++)
        {
            if (Addresses[i] is { } address) { writer.Write(AddressOptions[i], Values.PrefixText(address.Value, Family), address.IsNegated); }
        }

        for (var i = 0; i < PortOptions.Length; i++)
        {
            if (Ports[i] is { } ports) { writer.Write(PortOptions[i], Values.Text(ports.Value), ports.IsNegated); }
        }

        if (Statuses is { } statuses) { writer.Write(StatusOption, Values.StatusesText(statuses.Value), statuses.IsNegated); }
        if (Expires is { } expires) { writer.Write(ExpireOption, Values.Text(expires.Value), expires.IsNegated); }
        if (Direction is { } direction) { writer.Write(DirectionOption, direction == 0 ? "ORIGINAL" : "REPLY"); }
    }

    /// <summary>SNAT and DNAT are bits of the status that a packet with an entry has beside its state.</summary>
    internal static IEnumerable<Atom> InState(Given<TrackStates> states)
    {
        var listed = ValueSet.Of([.. Listed(states.Value).Select(s => (UInt128)(int)s)]);
        var nat = (states.Value.HasFlag(TrackStates.SourceNat) ? SourceNatBit : 0) | (states.Value.HasFlag(TrackStates.DestinationNat) ? DestinationNatBit : 0);
        var state = Field.TrackState.In(listed, states.IsNegated);
        var translated = Field.TrackStatus.Masked((UInt128)nat, 0, negated: !states.IsNegated);
        if (nat == 0) { return [state]; }
        if (states.IsNegated) { return [state, translated]; }
        return listed.IsEmpty ? [translated] : [new AnyOf([state, translated])];
    }

    private static IEnumerable<TrackState> Listed(TrackStates states)
    {
        if (states.HasFlag(TrackStates.Invalid)) { yield return TrackState.Invalid; }
        if (states.HasFlag(TrackStates.New)) { yield return TrackState.New; }
        if (states.HasFlag(TrackStates.Related)) { yield return TrackState.Related; }
        if (states.HasFlag(TrackStates.Established)) { yield return TrackState.Established; }
        if (states.HasFlag(TrackStates.Untracked)) { yield return TrackState.Untracked; }
    }

    /// <summary>What is asked of the entry, in the kernel's order.</summary>
    private IEnumerable<Test> Conditions(Family family)
    {
        if (Direction is { } direction) { yield return Field.TrackDirection.Is(direction); }
        for (var i = 0; i < AddressKinds.Length; i++)
        {
            if (Addresses[i] is not { } address) { continue; }
            var mask = AddressMask.Prefix(address.Value.Length, family.AddressBits());
            yield return Certain(Field.TrackAddress(AddressKinds[i], family).Masked(mask, address.Value.Address & mask, address.IsNegated));
        }

        if (Protocol is { } protocol) { yield return Field.TrackProtocol.Is(protocol.Value, protocol.IsNegated); }
        for (var i = 0; i < PortKinds.Length; i++)
        {
            if (Ports[i] is { } ports) { yield return Field.TrackPort(PortKinds[i]).In(ports); }
        }

        if (Statuses is { } statuses) { yield return Certain(Field.TrackStatus.Masked((UInt128)(int)statuses.Value, 0, negated: !statuses.IsNegated)); }
        if (Expires is { } expires) { yield return Field.TrackExpires.In(expires); }
    }

    /// <summary>A test that looks at no bit and fails is seen to fail, whatever is known of the field.</summary>
    private static Test Certain(Test test) => test.Mask == 0 && !test.IsAlwaysTrue ? test.Field.In(ValueSet.Empty) : test;

    private static ConntrackMatch? Read(GivenOptions given)
    {
        if (given.Uses.IsEmpty)
        {
            given.Fail(null, "at least one option is needed", "e.g. `--ctstate RELATED,ESTABLISHED`");
            return null;
        }

        return new(
            given.Get(StateOption), given.Get(ProtocolOption), [.. AddressOptions.Select(given.Get)], [.. PortOptions.Select(given.Get)],
            given.Get(StatusOption), given.Get(ExpireOption), given.Get(DirectionOption)?.Value, given.Context.Family);
    }
}
