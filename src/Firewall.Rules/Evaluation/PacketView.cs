using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>A frame taken apart, as a chain of the kernel sees it. Nothing outside the IP packet is ever read; Ethernet padding is not part of it.</summary>
public sealed class PacketView
{
    private const int LinkHeader = 14;
    private const int MaximumTags = 2;

    private readonly ReadOnlyMemory<byte> _frame;
    private readonly HeaderChain? _chain;

    private PacketView(ReadOnlyMemory<byte> frame, PacketContext context, Family family, int network, HeaderChain? chain)
    {
        _frame = frame;
        _chain = chain;
        Context = context;
        Family = family;
        NetworkOffset = network;
        TransportOffset = chain?.TransportOffset ?? network + (frame.Span[network] & 15) * 4;
    }

    private PacketView(PacketView packet, PacketContext context)
        : this(packet._frame, context, packet.Family, packet.NetworkOffset, packet._chain)
    {
    }

    public PacketContext Context { get; }

    /// <summary>Name of the device it came in by, empty for packets of this host; null when that is not known.</summary>
    public string? InInterface => Context.Hook == Hook.Output ? "" : Context.InInterface;

    /// <summary>Name of the device it leaves by, empty before routing and for packets to this host; null when that is not known.</summary>
    public string? OutInterface => Context.Hook is Hook.Input or Hook.Prerouting ? "" : Context.OutInterface;

    public Family Family { get; }

    /// <summary>Where the IP header begins, in bytes from the frame's first.</summary>
    public int NetworkOffset { get; }

    /// <summary>Where the transport header begins; may lie beyond <see cref="End"/>.</summary>
    public int TransportOffset { get; }

    /// <summary>One past the packet's last byte.</summary>
    public int End => _frame.Length;

    /// <summary>How the walk over IPv6 extension headers ended; IPv4 has none to walk.</summary>
    public ChainEnd ChainEnd => _chain?.End ?? ChainEnd.Protocol;

    /// <summary>The IP length in bytes, as counters count it.</summary>
    public int TotalLength => End - NetworkOffset;

    /// <summary>The frame up to the packet's end.</summary>
    public ReadOnlySpan<byte> Frame => _frame.Span;

    /// <summary>Takes a frame apart, or says why it must be left to the kernel. The checks stand in the order of the compiled program.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> frame, PacketContext context, [NotNullWhen(true)] out PacketView? view, out DeferReason reason)
    {
        view = null;
        if (Network(frame.Span, out var network, out var family) is { } linkFault) { return Defer(linkFault, out reason); }
        if (!context.Families.Contains(family)) { return Defer(DeferReason.NoRulesForFamily, out reason); }
        if (!IsForUs(frame.Span, context)) { return Defer(DeferReason.Stack, out reason); }
        if (IPLength(frame.Span[network..], family, out var length) is { } fault) { return Defer(fault, out reason); }

        var packet = frame[..(network + length)];
        view = new(packet, context, family, network, family == Family.IPv6 ? HeaderChain.Walk(packet.Span, network) : null);
        if (view.WhyNotAt(context.Hook) is { } late)
        {
            view = null;
            return Defer(late, out reason);
        }

        reason = default;
        return true;
    }

    /// <summary>The same packet at a later hook, or with other knowledge.</summary>
    public PacketView With(PacketContext context) => new(this, context);

    /// <summary>Why a hook never sees the packet as it is on the wire; null when it does.</summary>
    public DeferReason? WhyNotAt(Hook hook) =>
        Context.IsNetfilter ? null
        : IsFragment && Context.Reassembles(Family, hook) ? DeferReason.Fragment
        : hook == Hook.Forward && WireTimeToLive <= 1 ? DeferReason.Ttl
        : null;

    /// <summary>The values that a field may have as far as is known; null for a field of the surroundings of which nothing is known.</summary>
    public ValueSet? Possible(Field field) => field.Kind switch
    {
        FieldKind.InNameHead or FieldKind.InNameTail => NameHalf(InInterface, field.Kind == FieldKind.InNameTail),
        FieldKind.OutNameHead or FieldKind.OutNameTail => NameHalf(OutInterface, field.Kind == FieldKind.OutNameTail),
        FieldKind.Mark => Context.Possible(field.Kind),
        _ => field.Kind.IsOfSurroundings() ? Context.Possible(field.Kind) : ValueSet.Of(Value(field)),
    };

    private static ValueSet? NameHalf(string? device, bool isTail) =>
        device is null ? null : ValueSet.Of(InterfaceNames.Number(device) is var number && isTail ? (ulong)number : (ulong)(number >> 64));

    /// <summary>Where a header begins; null for an IPv6 extension header that the walk did not meet.</summary>
    public int? Offset(HeaderBase header) => header switch
    {
        HeaderBase.Link => 0,
        HeaderBase.Network => NetworkOffset,
        HeaderBase.Transport => TransportOffset,
        _ => _chain?.Offset(header),
    };

    /// <summary>A big-endian number of 1 to 8 bytes; null where they do not all belong to the packet.</summary>
    public ulong? Number(long offset, int bytes)
    {
        if (offset < 0 || offset > End - bytes) { return null; }
        ulong value = 0;
        foreach (var b in Frame.Slice((int)offset, bytes)) { value = value << 8 | b; }
        return value;
    }

    /// <summary>The answer to a field's question, which the bytes give.</summary>
    public UInt128 Value(Field field) => field.Kind switch
    {
        FieldKind.Bytes => Offset(field.Base) is { } start ? Number((long)start + field.Offset, field.Length) ?? 0 : 0,
        FieldKind.SourceAddress => Address(isSource: true),
        FieldKind.DestinationAddress => Address(isSource: false),
        FieldKind.Protocol => _chain?.Protocol ?? Frame[NetworkOffset + 9],
        FieldKind.FragmentOffset => (UInt128)(_chain?.FragmentOffset ?? FragmentWord & 0x1fff),
        FieldKind.TotalLength => (UInt128)TotalLength,
        FieldKind.TimeToLive => (UInt128)(Context is { Hook: Hook.Forward, IsNetfilter: false } ? WireTimeToLive - 1 : WireTimeToLive),
        FieldKind.TypeOfService => Family == Family.IPv4 ? Frame[NetworkOffset + 1] : (byte)(BinaryPrimitives.ReadUInt16BigEndian(Frame[NetworkOffset..]) >> 4),
        FieldKind.PacketType => (UInt128)(int)Class(Frame),
        FieldKind.EthernetLink => Context is { InInterface: "lo" } or { Hook: Hook.Output } ? 0u : 1u,
        FieldKind.TransportLength => (UInt128)Math.Max(0, ChainEnd == ChainEnd.Protocol ? End - TransportOffset : 0),
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private int WireTimeToLive => Frame[NetworkOffset + (Family == Family.IPv4 ? 8 : 7)];

    private int FragmentWord => BinaryPrimitives.ReadUInt16BigEndian(Frame[(NetworkOffset + 6)..]);

    /// <summary>Whether it is a piece of a datagram.</summary>
    public bool IsFragment => _chain?.IsFragment ?? (FragmentWord & 0x3fff) != 0;

    private static bool Defer(DeferReason why, out DeferReason reason)
    {
        reason = why;
        return false;
    }

    /// <summary>Skips the Ethernet header and priority tags.</summary>
    private static DeferReason? Network(ReadOnlySpan<byte> frame, out int offset, out Family family)
    {
        offset = LinkHeader;
        family = default;
        if (frame.Length < LinkHeader) { return DeferReason.Truncated; }
        for (var tags = 0; IsTag(EtherType(frame, offset)); tags++, offset += 4)
        {
            if (tags == MaximumTags) { return DeferReason.Vlan; }
            if (frame.Length < offset + 4) { return DeferReason.Truncated; }
            if ((BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]) & 0x0fff) != 0) { return DeferReason.Vlan; }
        }

        var type = EtherType(frame, offset);
        family = type == Family.IPv4.EtherType() ? Family.IPv4 : Family.IPv6;
        return type == family.EtherType() ? null : DeferReason.NotIp;
    }

    private static ushort EtherType(ReadOnlySpan<byte> frame, int offset) => BinaryPrimitives.ReadUInt16BigEndian(frame[(offset - 2)..]);

    /// <summary>802.1Q or 802.1ad.</summary>
    private static bool IsTag(ushort etherType) => etherType is 0x8100 or 0x88a8;

    private static bool IsForUs(ReadOnlySpan<byte> frame, PacketContext context) =>
        context.HostMac is not { } ours || Class(frame) != PacketClass.Host || BinaryPrimitives.ReadUInt64BigEndian(frame) >> 16 == ours;

    private static PacketClass Class(ReadOnlySpan<byte> frame) =>
        !frame[..6].ContainsAnyExcept((byte)0xff) ? PacketClass.Broadcast
        : (frame[0] & 1) != 0 ? PacketClass.Multicast
        : PacketClass.Host;

    /// <summary>The packet's length as its header claims it, checked as <c>ip_rcv_core</c> and <c>ip6_rcv_core</c> do.</summary>
    private static DeferReason? IPLength(ReadOnlySpan<byte> packet, Family family, out int length)
    {
        length = 0;
        var minimum = family == Family.IPv4 ? 20 : 40;
        if (packet.Length < minimum) { return DeferReason.Truncated; }
        if (packet[0] >> 4 != (int)family) { return DeferReason.Stack; }
        if (family == Family.IPv6)
        {
            var payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
            length = minimum + payload;
            return length > packet.Length || (payload == 0 && packet[6] == 0) ? DeferReason.Stack : null;
        }

        var header = (packet[0] & 15) * 4;
        length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        return header < minimum || length < header || length > packet.Length ? DeferReason.Stack : null;
    }

    private UInt128 Address(bool isSource) => Family == Family.IPv4
        ? BinaryPrimitives.ReadUInt32BigEndian(Frame[(NetworkOffset + (isSource ? 12 : 16))..])
        : BinaryPrimitives.ReadUInt128BigEndian(Frame[(NetworkOffset + (isSource ? 8 : 24))..]);
}
