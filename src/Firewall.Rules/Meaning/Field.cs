namespace Firewall.Rules.Meaning;

/// <summary>Where a header that a rule looks into begins.</summary>
public enum HeaderBase
{
    /// <summary>The Ethernet header as it came off the wire.</summary>
    Link,

    /// <summary>The IPv4 or IPv6 header.</summary>
    Network,

    /// <summary>IPv4: after the IP options. IPv6: after the last extension header, where <c>ipv6_find_hdr(-1)</c> stops.</summary>
    Transport,

    /// <summary>IPv6: the first extension header of its kind, as <c>ipv6_find_hdr</c> finds it.</summary>
    HopByHop,
    DestinationOptions,
    Routing,
    Fragment,
    Authentication,
}

/// <summary>What a <see cref="Field"/> asks of a packet.</summary>
public enum FieldKind
{
    /// <summary>Bytes at a fixed place behind a <see cref="HeaderBase"/>, read as one big-endian number.</summary>
    Bytes,
    SourceAddress,
    DestinationAddress,

    /// <summary>IPv4: the protocol number. IPv6: the protocol that <c>ipv6_find_hdr(-1)</c> stops at (8 bits).</summary>
    Protocol,

    /// <summary>Offset of a fragment in units of eight bytes; 0 for whole packets and first fragments (13 bits).</summary>
    FragmentOffset,

    /// <summary>IPv4: total length. IPv6: payload length + 40. In bytes (17 bits).</summary>
    TotalLength,

    /// <summary>TTL or hop limit as the chain sees it: the wire's value in INPUT, one less in FORWARD (8 bits).</summary>
    TimeToLive,

    /// <summary>The IPv4 type-of-service byte or the IPv6 traffic class (8 bits).</summary>
    TypeOfService,

    /// <summary>Class of the destination MAC address, see <see cref="PacketClass"/> (8 bits).</summary>
    PacketType,

    /// <summary>1 where the device carries Ethernet headers, 0 on the loopback device (1 bit).</summary>
    EthernetLink,

    /// <summary>The netfilter mark (32 bits); 0 for every packet fresh from the wire, until a rule changes it.</summary>
    Mark,

    /// <summary>Bytes of the packet from the transport header to its end; 0 when there are none (17 bits).</summary>
    TransportLength,

    // From here on the packet itself does not say: a hook knows the value, or a set of possible values, or nothing (FieldKinds.IsOfSurroundings).

    /// <summary>State of the packet's connection, see <see cref="TrackState"/> (3 bits).</summary>
    TrackState,

    /// <summary>1 when connection tracking has an entry for the packet's addresses and ports before it sees the packet (1 bit).</summary>
    TrackLookup,

    /// <summary>The status bits of that entry, before connection tracking sees the packet; 0 without one (32 bits).</summary>
    LookupStatus,

    /// <summary>1 when the packet belongs to a conntrack entry: neither INVALID nor UNTRACKED (1 bit).</summary>
    HasConnection,

    /// <summary>The entry's <c>IPS_*</c> bits (include/uapi/linux/netfilter/nf_conntrack_common.h), 32 bits; 0 without an entry, as for all that follow.</summary>
    TrackStatus,

    /// <summary>0 in original direction, 1 in reply direction (1 bit).</summary>
    TrackDirection,

    /// <summary>The entry's mark (32 bits).</summary>
    TrackMark,

    /// <summary>Protocol of the entry (8 bits).</summary>
    TrackProtocol,
    TrackOriginalSource,
    TrackOriginalDestination,
    TrackReplySource,
    TrackReplyDestination,

    /// <summary>Ports of the entry's tuples; for ICMP id, type and code stand there (16 bits).</summary>
    TrackOriginalSourcePort,
    TrackOriginalDestinationPort,
    TrackReplySourcePort,
    TrackReplyDestinationPort,

    /// <summary>Seconds until the entry expires (32 bits).</summary>
    TrackExpires,

    /// <summary>The entry's counters (64 bits each); 0 where the kernel does not account (<c>net.netfilter.nf_conntrack_acct</c>).</summary>
    TrackOriginalPackets,
    TrackOriginalBytes,
    TrackReplyPackets,
    TrackReplyBytes,

    /// <summary>Name of the helper of the entry's master connection, 16 bytes, zero-filled, as one big-endian number (128 bits).</summary>
    TrackHelper,

    /// <summary>Owner of the sending socket, OUTPUT only (32 bits); see <see cref="SocketExists"/>.</summary>
    SocketUser,
    SocketGroup,

    /// <summary>1 when a local socket with a file sends the packet (1 bit).</summary>
    SocketExists,

    /// <summary>Group of the input or output device (32 bits).</summary>
    InGroup,
    OutGroup,

    /// <summary>Number of the processor that handles the packet (32 bits).</summary>
    Cpu,

    /// <summary>Routing realm of the packet (32 bits).</summary>
    Realm,

    /// <summary>Type of an address by the local routing table, numbered as <c>RTN_*</c> in include/uapi/linux/rtnetlink.h (8 bits).</summary>
    SourceAddressType,
    DestinationAddressType,

    /// <summary>1 when the packet came out of an IPsec transformation (1 bit).</summary>
    InputIpsec,

    /// <summary>0 when the packet did not come through a bridge; it is never known to be anything else (1 bit).</summary>
    Bridge,

    /// <summary>
    /// 1 when the way back to the packet's source leads to the device it came in by (1 bit). Which of rpfilter's options bend the question is in the
    /// field's <see cref="Field.Offset"/>.
    /// </summary>
    ReversePath,

    /// <summary>Name of the input device, 16 bytes, zero-filled: the first eight as one big-endian number, then the others (64 bits each); 0 where there is no device.</summary>
    InNameHead,
    InNameTail,

    /// <summary>Name of the output device, likewise.</summary>
    OutNameHead,
    OutNameTail,
}

/// <summary>States of a connection, numbered as the bits of <c>xt_state</c> and <c>xt_conntrack</c> (include/uapi/linux/netfilter/nf_conntrack_common.h).</summary>
public enum TrackState
{
    Invalid = 0,
    Established = 1,
    Related = 2,
    New = 3,
    Untracked = 6,
}

/// <summary>Facts that follow from the kind of a field alone.</summary>
public static class FieldKinds
{
    /// <summary>Whether the bytes of the packet do not tell: what is known depends on the hook.</summary>
    public static bool IsOfSurroundings(this FieldKind kind) => kind >= FieldKind.TrackState;

    /// <summary>Why a packet is deferred when the field's value decides and is not known.</summary>
    public static DeferReason WhenUnknown(this FieldKind kind) => kind switch
    {
        FieldKind.TrackState or FieldKind.TrackLookup or FieldKind.LookupStatus or FieldKind.HasConnection => DeferReason.ConnectionState,
        >= FieldKind.TrackStatus and <= FieldKind.TrackHelper => DeferReason.Connection,
        FieldKind.SocketUser or FieldKind.SocketGroup or FieldKind.SocketExists => DeferReason.Socket,
        FieldKind.Realm or FieldKind.SourceAddressType or FieldKind.DestinationAddressType or FieldKind.ReversePath => DeferReason.Route,
        FieldKind.InputIpsec => DeferReason.Ipsec,
        FieldKind.Bridge => DeferReason.Bridge,
        FieldKind.InGroup or FieldKind.InNameHead or FieldKind.InNameTail => DeferReason.InInterface,
        FieldKind.OutGroup or FieldKind.OutNameHead or FieldKind.OutNameTail => DeferReason.OutInterface,
        FieldKind.Mark => DeferReason.EarlierTable,
        _ => DeferReason.Match,
    };
}

/// <summary>The kernel's packet classes, numbered as in <c>include/uapi/linux/if_packet.h</c>.</summary>
public enum PacketClass
{
    Host = 0,
    Broadcast = 1,
    Multicast = 2,
    OtherHost = 3,
}

/// <summary>A question about one packet whose answer is an unsigned number. The narrow waist between modules and back ends.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Bits">Width of the answer.</param>
/// <param name="Name">How people call it, for explanations.</param>
public sealed record Field(FieldKind Kind, int Bits, string Name)
{
    public static readonly Field Protocol = new(FieldKind.Protocol, 8, "protocol");
    public static readonly Field FragmentOffset = new(FieldKind.FragmentOffset, 13, "fragment offset");
    public static readonly Field TotalLength = new(FieldKind.TotalLength, 17, "length");
    public static readonly Field TimeToLive = new(FieldKind.TimeToLive, 8, "time to live");
    public static readonly Field TypeOfService = new(FieldKind.TypeOfService, 8, "type of service");
    public static readonly Field PacketType = new(FieldKind.PacketType, 8, "packet type");
    public static readonly Field EthernetLink = new(FieldKind.EthernetLink, 1, "Ethernet device");
    public static readonly Field Mark = new(FieldKind.Mark, 32, "mark");
    public static readonly Field TransportLength = new(FieldKind.TransportLength, 17, "transport length");
    public static readonly Field TrackState = new(FieldKind.TrackState, 3, "connection state");
    public static readonly Field HasConnection = new(FieldKind.HasConnection, 1, "tracked connection");
    public static readonly Field TrackStatus = new(FieldKind.TrackStatus, 32, "connection status");
    public static readonly Field TrackDirection = new(FieldKind.TrackDirection, 1, "connection direction");
    public static readonly Field TrackMark = new(FieldKind.TrackMark, 32, "connection mark");
    public static readonly Field TrackProtocol = new(FieldKind.TrackProtocol, 8, "connection protocol");
    public static readonly Field TrackExpires = new(FieldKind.TrackExpires, 32, "connection expiry");
    public static readonly Field TrackHelper = new(FieldKind.TrackHelper, 128, "connection helper");
    public static readonly Field SocketUser = new(FieldKind.SocketUser, 32, "socket user");
    public static readonly Field SocketGroup = new(FieldKind.SocketGroup, 32, "socket group");
    public static readonly Field SocketExists = new(FieldKind.SocketExists, 1, "sending socket");
    public static readonly Field InGroup = new(FieldKind.InGroup, 32, "input device group");
    public static readonly Field OutGroup = new(FieldKind.OutGroup, 32, "output device group");
    public static readonly Field Cpu = new(FieldKind.Cpu, 32, "processor");
    public static readonly Field Realm = new(FieldKind.Realm, 32, "realm");
    public static readonly Field SourceAddressType = new(FieldKind.SourceAddressType, 8, "source address type");
    public static readonly Field DestinationAddressType = new(FieldKind.DestinationAddressType, 8, "destination address type");
    public static readonly Field InputIpsec = new(FieldKind.InputIpsec, 1, "IPsec input");
    public static readonly Field Bridge = new(FieldKind.Bridge, 1, "bridge port");
    public static readonly Field InNameHead = new(FieldKind.InNameHead, 64, "input device name");
    public static readonly Field InNameTail = new(FieldKind.InNameTail, 64, "input device name");
    public static readonly Field OutNameHead = new(FieldKind.OutNameHead, 64, "output device name");
    public static readonly Field OutNameTail = new(FieldKind.OutNameTail, 64, "output device name");
    public static readonly Field SourceMac = Bytes(HeaderBase.Link, 6, 6, "source MAC");
    public static readonly Field SourcePort = Bytes(HeaderBase.Transport, 0, 2, "source port");
    public static readonly Field DestinationPort = Bytes(HeaderBase.Transport, 2, 2, "destination port");

    /// <summary>Only for <see cref="FieldKind.Bytes"/>: the header it lies in.</summary>
    public HeaderBase Base { get; init; }

    /// <summary>For <see cref="FieldKind.Bytes"/>: distance from the header's first byte. For <see cref="FieldKind.ReversePath"/>: the variant.</summary>
    public int Offset { get; init; }

    /// <summary>Only for <see cref="FieldKind.Bytes"/>: 1 to 8 bytes.</summary>
    public int Length { get; init; }

    public static Field SourceAddress(Family family) => new(FieldKind.SourceAddress, family.AddressBits(), "source");

    public static Field DestinationAddress(Family family) => new(FieldKind.DestinationAddress, family.AddressBits(), "destination");

    /// <summary>
    /// <paramref name="length"/> (1, 2, 4, 6 or 8) bytes at <paramref name="offset"/> behind <paramref name="from"/>. A guard
    /// must ask a <see cref="HeaderGate"/> that covers the bytes first; where they are missing the value is 0.
    /// </summary>
    public static Field Bytes(HeaderBase from, int offset, int length, string name) =>
        new(FieldKind.Bytes, length * 8, name) { Base = from, Offset = offset, Length = length };

    /// <summary>An address of the conntrack entry's tuples, as <paramref name="kind"/> says.</summary>
    public static Field TrackAddress(FieldKind kind, Family family) => new(kind, family.AddressBits(), "connection address");

    /// <summary>The way back to the source, as rpfilter asks for it.</summary>
    /// <param name="variant">A number for the options: 1 loose, 2 with the packet's mark, 4 also where the source is an address of this host.</param>
    public static Field ReversePath(int variant) => new(FieldKind.ReversePath, 1, "way back") { Offset = variant };

    /// <summary>A port of the conntrack entry's tuples, as <paramref name="kind"/> says.</summary>
    public static Field TrackPort(FieldKind kind) => new(kind, 16, "connection port");

    /// <summary>A counter of the conntrack entry, as <paramref name="kind"/> says.</summary>
    public static Field TrackCounter(FieldKind kind) => new(kind, 64, "connection counter");

    /// <summary>Asks whether the field, after masking, lies in <paramref name="values"/>.</summary>
    public Test In(ValueSet values) => new(this, ValueSet.Maximum(Bits), values.Within(Bits));

    /// <summary>As <see cref="In(ValueSet)"/>, or its opposite.</summary>
    public Test In(ValueSet values, bool negated) => In(negated ? values.Complement(Bits) : values);

    public Test Is(UInt128 value, bool negated = false) => In(ValueSet.Of(value), negated);

    /// <summary>Asks whether <c>field &amp; mask</c> equals <paramref name="value"/>; never true when the value has bits outside the mask.</summary>
    public Test Masked(UInt128 mask, UInt128 value, bool negated = false)
    {
        var set = (value & ~mask) == 0 ? ValueSet.Of(value).Within(Bits) : ValueSet.Empty;
        return new(this, mask, negated ? set.Complement(Bits) : set);
    }
}
