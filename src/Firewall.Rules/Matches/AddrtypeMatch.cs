using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Packets;
using static Firewall.Rules.Matches.Example;

namespace Firewall.Rules.Matches;

/// <summary>Whether addrtype looks only at the routes of one device.</summary>
public enum AddressTypeLimit
{
    None,
    InInterface,
    OutInterface,
}

/// <summary>
/// Matches what routing makes of an address: one of this host's, broadcast, multicast, … (net/netfilter/xt_addrtype.c). Some addresses need no
/// routes to have a type.
/// </summary>
/// <param name="Source">Types that the source may have; null to ask nothing.</param>
/// <param name="Destination">Types that the destination may have; null to ask nothing.</param>
/// <param name="Limit">The device whose routes count.</param>
public sealed record AddrtypeMatch(Given<ValueSet>? Source, Given<ValueSet>? Destination, AddressTypeLimit Limit) : Match
{
    private const int Unspecified = 0, Unicast = 1, Local = 2, Broadcast = 3, Anycast = 4, Multicast = 5, Unreachable = 7;

    /// <summary>IPv4 addresses that are broadcast or multicast whatever the routes say (net/ipv4/fib_frontend.c, <c>__inet_dev_addr_type</c>).</summary>
    private static readonly ValueSet AlwaysBroadcast = ValueSet.Of(0, uint.MaxValue), AlwaysMulticast = ValueSet.Between(0xe000_0000, 0xefff_ffff);

    /// <summary>IPv6 addresses by <c>ipv6_addr_type</c> (net/ipv6/addrconf_core.c): multicast, and those that are not unicast; mapped IPv4 ones are neither.</summary>
    private static readonly ValueSet Multicast6 = ValueSet.Between((UInt128)0xff << 120, UInt128.MaxValue);

    private static readonly ValueSet NotUnicast6 = ValueSet.Union(
        [new ValueRange(0, 0), new ValueRange((UInt128)0xffff << 32, ((UInt128)0xffff << 32) + uint.MaxValue), .. Multicast6.Ranges]);

    private static readonly ValueSet KnownToIPv6 = ValueSet.Of(Unspecified, Unicast, Local, Anycast, Multicast, Unreachable), RoutedInIPv6 = ValueSet.Of(Local, Anycast, Unreachable);

    private static readonly Option<ValueSet> SourceType = Option.Value("--src-type", Values.AddressTypes).Negatable();
    private static readonly Option<ValueSet> DestinationType = Option.Value("--dst-type", Values.AddressTypes).Negatable();
    private static readonly Flag LimitIn = Option.Flag("--limit-iface-in");
    private static readonly Flag LimitOut = Option.Flag("--limit-iface-out");

    public static readonly MatchModule Module = new("addrtype")
    {
        Summary = "Matches the type that routing gives to an address: local, broadcast, multicast, …",
        Options = [SourceType, DestinationType, LimitIn, LimitOut],
        Create = Read,
        Examples =
        [
            Accepts("-m addrtype ! --src-type LOCAL --dst-type BROADCAST,MULTICAST"),
            Accepts("-m addrtype --dst-type local,uni,U,M", prints: "-m addrtype --dst-type UNSPEC,UNICAST,LOCAL,MULTICAST"),
            Accepts("-m addrtype --limit-iface-in --dst-type LOCAL", prints: "-m addrtype --dst-type LOCAL --limit-iface-in"),
            Accepts("-m addrtype --dst-type BLACKHOLE,UNREACHABLE,PROHIBIT,THROW,NAT,XRESOLVE"),
            Accepts("-m addrtype --src-type UNSPEC,UNICAST,LOCAL,ANYCAST,MULTICAST,UNREACHABLE").In(Family.IPv6),
            Rejects("-m addrtype"),
            Rejects("-m addrtype --limit-iface-in"),
            Rejects("-m addrtype --dst-type LOCAL,"),
            Rejects("-m addrtype --dst-type LOCALX"),
            Rejects("-m addrtype --dst-type LOCAL --limit-iface-out"),
            Rejects("-m addrtype --dst-type BROADCAST").In(Family.IPv6),
            Rejects("-m addrtype --dst-type PROHIBIT").In(Family.IPv6),
            Hits("-m addrtype --dst-type LOCAL", Packet.Udp(1, 53)).Knowing(Field.DestinationAddressType, Local),
            Hits("-m addrtype --dst-type LOCAL,BROADCAST", Packet.Udp(1, 53)).Knowing(Field.DestinationAddressType, Local, Broadcast),
            Hits("-m addrtype --dst-type MULTICAST", Packet.Udp(1, 53).To("224.0.0.251")).OnPrerouting(),
            Hits("-m addrtype --dst-type BROADCAST", Packet.Udp(1, 53).To("255.255.255.255")).OnPrerouting(),
            Hits("-m addrtype --src-type BROADCAST", Packet.Udp(1, 53).From("0.0.0.0")).OnPrerouting(),
            Hits("-m addrtype --dst-type MULTICAST", Packet.Udp6(1, 53).To("ff02::1")),
            Hits("-m addrtype ! --src-type UNICAST", Packet.Udp6(1, 53).From("::")),
            Hits("-m addrtype --src-type UNICAST", Packet.Udp6(1, 53).From("fe80::1")),
            Misses("-m addrtype ! --dst-type MULTICAST", Packet.Udp(1, 53).To("239.1.2.3")).OnPrerouting(),
            Misses("-m addrtype --dst-type LOCAL", Packet.Udp(1, 53).To("224.0.0.1")).OnPrerouting(),
            Misses("-m addrtype --dst-type LOCAL --limit-iface-in", Packet.Udp(1, 53)).Knowing(Field.DestinationAddressType, Broadcast),
            Misses("-m addrtype --dst-type MULTICAST,UNICAST", Packet.Udp6(1, 53)),
            Misses("-m addrtype --src-type LOCAL", Packet.Udp6(1, 53)).Knowing(Field.SourceAddressType, Unicast),
            Defers("-m addrtype --dst-type LOCAL", DeferReason.Route, Packet.Udp(1, 53)),
            Defers("-m addrtype --src-type LOCAL", DeferReason.Route, Packet.Udp(1, 53).From("0.1.2.3")),
            Defers("-m addrtype --dst-type LOCAL", DeferReason.Route, Packet.Udp(1, 53)).Knowing(Field.DestinationAddressType, Local, Broadcast),
            Defers("-m addrtype --dst-type LOCAL --limit-iface-in", DeferReason.Route, Packet.Udp(1, 53)).Knowing(Field.DestinationAddressType, Local),
            Defers("-m addrtype ! --dst-type LOCAL --limit-iface-out", DeferReason.Route, Packet.Udp6(1, 53)).OnForward(),
        ],
    };

    public override string ModuleName => Module.Name;

    public override ImmutableArray<string> Chains => Limit switch
    {
        AddressTypeLimit.InInterface => ["PREROUTING", "INPUT", "FORWARD"],
        AddressTypeLimit.OutInterface => ["FORWARD", "OUTPUT", "POSTROUTING"],
        _ => [],
    };

    public override Guard Meaning(Family family)
    {
        var guard = Guard.Always;
        if (Source is { } source) { guard = guard.Then(Ask(family, source, Field.SourceAddress(family), Field.SourceAddressType)); }
        return Destination is { } destination
            ? guard.Then(Ask(family, destination, Field.DestinationAddress(family), Field.DestinationAddressType))
            : guard;
    }

    public override void Print(OptionWriter writer)
    {
        if (Source is { } source) { writer.Write(SourceType, Values.AddressTypeText(source.Value), source.IsNegated); }
        if (Destination is { } destination) { writer.Write(DestinationType, Values.AddressTypeText(destination.Value), destination.IsNegated); }
        if (Limit != AddressTypeLimit.None) { writer.Write(Limit == AddressTypeLimit.InInterface ? LimitIn : LimitOut); }
    }

    private static AddrtypeMatch? Read(GivenOptions given)
    {
        var (source, destination) = (given.Get(SourceType), given.Get(DestinationType));
        if (!given.Has(SourceType) && !given.Has(DestinationType)) { given.Fail(null, "--src-type or --dst-type is missing"); }
        if (given.Has(LimitIn) && given.Has(LimitOut)) { given.Fail(LimitOut, "--limit-iface-in and --limit-iface-out cannot stand together"); }
        if (given.Context.Family == Family.IPv6)
        {
            foreach (var (option, types) in ((Option, Given<ValueSet>?)[])[(SourceType, source), (DestinationType, destination)])
            {
                if (types is not { } asked || asked.Value.Values.All(KnownToIPv6.Contains)) { continue; }
                given.Fail(option, "IPv6 knows no BROADCAST, BLACKHOLE, PROHIBIT, THROW, NAT and XRESOLVE addresses");
            }
        }

        var limit = given.Has(LimitIn) ? AddressTypeLimit.InInterface : given.Has(LimitOut) ? AddressTypeLimit.OutInterface : AddressTypeLimit.None;
        return given.Errors.Count == 0 ? new(source, destination, limit) : null;
    }

    private Guard Ask(Family family, Given<ValueSet> types, Field address, Field type) => family == Family.IPv4
        ? Ask4(types.IsNegated ? types.Value.Complement(8) : types.Value, address, type)
        : Ask6(types, address, type);

    /// <summary>
    /// Addresses that need no routes are in or out. For the others the routes decide; those of one device make every address unicast that is not
    /// the device's, so that an address which is nobody's is not the device's either.
    /// </summary>
    private Guard Ask4(ValueSet types, Field address, Field type)
    {
        List<ValueRange> inside = [], outside = [];
        (types.Contains(Broadcast) ? inside : outside).AddRange(AlwaysBroadcast.Ranges);
        (types.Contains(Multicast) ? inside : outside).AddRange(AlwaysMulticast.Ranges);
        var guard = Guard.Always.And(address.In(ValueSet.Union(outside), negated: true));
        if (Limit == AddressTypeLimit.None || !types.Contains(Unicast))
        {
            guard = guard.And(inside.Count == 0 ? type.In(types) : new AnyOf([address.In(ValueSet.Union(inside)), type.In(types)]));
        }

        return Limit == AddressTypeLimit.None ? guard : guard.And(new Unknowable(DeferReason.Route));
    }

    /// <summary>
    /// The address itself says whether it is unicast, multicast or nothing, and each of these must be so that is listed; local, anycast and
    /// unreachable are up to the routes, and one of those listed must be so.
    /// </summary>
    private Guard Ask6(Given<ValueSet> types, Field address, Field type)
    {
        List<Test> all = [];
        if (types.Value.Contains(Multicast)) { all.Add(address.In(Multicast6, types.IsNegated)); }
        if (types.Value.Contains(Unicast)) { all.Add(address.In(NotUnicast6, !types.IsNegated)); }
        if (types.Value.Contains(Unspecified)) { all.Add(address.Is(0, types.IsNegated)); }
        var byRoute = ValueSet.Union(types.Value.Values.Where(RoutedInIPv6.Contains).Select(t => new ValueRange(t, t)));
        var isLimited = Limit != AddressTypeLimit.None && !byRoute.IsEmpty;
        if (!byRoute.IsEmpty && !isLimited) { all.Add(type.In(byRoute, types.IsNegated)); }
        var guard = !types.IsNegated ? new Guard([.. all])
            : isLimited ? Guard.Always
            : Guard.Of(new AnyOf([.. all]));
        return isLimited ? guard.And(new Unknowable(DeferReason.Route)) : guard;
    }
}
