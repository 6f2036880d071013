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

    /// <summary>The netfilter mark (32 bits); 0 for every packet fresh from the wire.</summary>
    Mark,

    /// <summary>Bytes of the packet from the transport header to its end; 0 when there are none (17 bits).</summary>
    TransportLength,
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
    public static readonly Field SourceMac = Bytes(HeaderBase.Link, 6, 6, "source MAC");
    public static readonly Field SourcePort = Bytes(HeaderBase.Transport, 0, 2, "source port");
    public static readonly Field DestinationPort = Bytes(HeaderBase.Transport, 2, 2, "destination port");

    /// <summary>Only for <see cref="FieldKind.Bytes"/>: the header it lies in.</summary>
    public HeaderBase Base { get; init; }

    /// <summary>Only for <see cref="FieldKind.Bytes"/>: distance from the header's first byte.</summary>
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

    /// <summary>Asks whether the field, after masking, lies in <paramref name="values"/>.</summary>
    public Test In(ValueSet values) => new(this, ValueSet.Maximum(Bits), values.Within(Bits));

    /// <summary>As <see cref="In(ValueSet)"/>, or its opposite.</summary>
    public Test In(ValueSet values, bool negated) => In(negated ? values.Complement(Bits) : values);

    public Test Is(UInt128 value, bool negated = false) => In(ValueSet.Of(value), negated);

    /// <summary>Asks whether <c>field &amp; mask</c> equals <paramref name="value"/>; never true when the value has bits outside the mask.</summary>
    public Test Masked(UInt128 mask, UInt128 value, bool negated = false)
    {
        var set = ValueSet.Of(value);
        return new(this, mask, negated ? set.Complement(Bits) : set.Within(Bits));
    }
}
