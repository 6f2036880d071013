using System.Collections.Immutable;
using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>An entry of the kernel's connection table as a packet finds it before connection tracking has seen it.</summary>
/// <param name="IsReply">Whether the packet goes in reply direction.</param>
/// <param name="Status">The <c>IPS_*</c> bits (include/uapi/linux/netfilter/nf_conntrack_common.h).</param>
public sealed record TrackedConnection(bool IsReply, uint Status);

/// <summary>
/// The states in which connection tracking may find a packet, from what its table says beforehand. The table knows addresses and ports; windows, checksums
/// and expectations show only when the packet is tracked (nf_conntrack_in in net/netfilter/nf_conntrack_core.c).
/// </summary>
public static class ConnectionKnowledge
{
    private const int Tcp = 6, Udp = 17, Icmp6 = 58;
    private const int Fin = 1, Syn = 2, Rst = 4, Ack = 16;
    private const uint Expected = 1, SeenReply = 2;

    /// <summary>The combinations of FIN, SYN, RST, ACK and URG that TCP uses, one bit each (<c>tcp_valid_flags</c> in net/netfilter/nf_conntrack_proto_tcp.c).</summary>
    public const ulong ValidTcpFlags = 1UL << 0x02 | 1UL << 0x22 | 1UL << 0x12 | 1UL << 0x04 | 1UL << 0x14 | 1UL << 0x11 | 1UL << 0x31 | 1UL << 0x10 | 1UL << 0x30;

    /// <summary>The flags that count; PSH, ECE and CWR go with all.</summary>
    public const int CountedTcpFlags = 0x37;

    /// <summary>ICMPv6 types of neighbour discovery and multicast listeners, which are not tracked (<c>noct_valid_new</c> in net/netfilter/nf_conntrack_proto_icmpv6.c).</summary>
    public static readonly ImmutableArray<byte> UntrackedIcmp6 = [130, 131, 132, 133, 134, 135, 136, 143, 151];

    /// <summary>What is known of the packet; nothing when the table cannot be asked about it.</summary>
    /// <param name="found">The entry with the packet's addresses and ports; null when there is none.</param>
    /// <param name="usesHelpers">Whether something in the network namespace expects connections.</param>
    public static ImmutableDictionary<FieldKind, ValueSet> Of(PacketView packet, TrackedConnection? found, bool usesHelpers = false, Approximations approximations = Approximations.None)
    {
        if (StatesOf(packet, found, usesHelpers, approximations) is not { } known) { return ImmutableDictionary<FieldKind, ValueSet>.Empty; }
        var hit = known.AsksTable ? found : null;
        return ImmutableDictionary<FieldKind, ValueSet>.Empty
            .Add(FieldKind.TrackState, ValueSet.Of([.. known.States.Distinct().Select(s => (UInt128)(uint)s)]))
            .Add(FieldKind.TrackLookup, ValueSet.Of(hit is null ? 0u : 1u))
            .Add(FieldKind.LookupStatus, ValueSet.Of(hit?.Status ?? 0));
    }

    private sealed record Known(IEnumerable<TrackState> States, bool AsksTable = true)
    {
        /// <summary>Malformed: connection tracking looks no further.</summary>
        public static readonly Known Malformed = new([TrackState.Invalid], AsksTable: false);
    }

    private static Known? StatesOf(PacketView packet, TrackedConnection? found, bool usesHelpers, Approximations approximations)
    {
        if (packet.IsFragment || packet.ChainEnd != ChainEnd.Protocol) { return null; }
        var length = (int)packet.Value(Field.TransportLength);
        return (int)packet.Value(Field.Protocol) switch
        {
            Icmp6 when packet.Family == Family.IPv6 && length >= 8 && UntrackedIcmp6.Contains((byte)Number(packet, 0, 1)) =>
                new Known(approximations.HasFlag(Approximations.CtChecksum) ? [TrackState.Untracked] : [TrackState.Untracked, TrackState.Invalid], AsksTable: false),
            Tcp => OfTcp(packet, length, found, usesHelpers, approximations),
            Udp => OfUdp(packet, length, found, usesHelpers, approximations),
            _ => null,
        };
    }

    private static Known OfTcp(PacketView packet, int length, TrackedConnection? found, bool usesHelpers, Approximations approximations)
    {
        if (length < 20) { return Known.Malformed; }
        var header = Number(packet, 12, 1) >> 4 << 2;
        var flags = Number(packet, 13, 1) & CountedTcpFlags;
        if (header < 20 || header > length || (ValidTcpFlags >> flags & 1) == 0) { return Known.Malformed; }
        var isSyn = (flags & (Syn | Ack | Rst)) == Syn;
        IEnumerable<TrackState> first = isSyn || (flags & (Syn | Fin | Rst)) == 0 ? First(usesHelpers, !approximations.HasFlag(Approximations.CtChecksum)) : [TrackState.Invalid];

        // A SYN may end an entry of the past and begin anew.
        return new Known(found is null ? first : [.. Later(found, !approximations.HasFlag(Approximations.CtWindow)), .. isSyn ? first : []]);
    }

    private static Known OfUdp(PacketView packet, int length, TrackedConnection? found, bool usesHelpers, Approximations approximations)
    {
        if (length < 8 || Number(packet, 4, 2) is var claimed && (claimed < 8 || claimed > length)) { return Known.Malformed; }
        var hasSum = Number(packet, 6, 2) != 0;
        return new Known(found is null
            ? First(usesHelpers, hasSum && !approximations.HasFlag(Approximations.CtChecksum))
            : Later(found, hasSum && approximations == Approximations.None));
    }

    /// <summary>States of a packet that may begin a connection.</summary>
    private static IEnumerable<TrackState> First(bool usesHelpers, bool mayBeInvalid) =>
        [TrackState.New, .. usesHelpers ? [TrackState.Related] : Array.Empty<TrackState>(), .. mayBeInvalid ? [TrackState.Invalid] : Array.Empty<TrackState>()];

    /// <summary>States of a packet that belongs to a connection (resolve_normal_ct).</summary>
    private static IEnumerable<TrackState> Later(TrackedConnection found, bool mayBeInvalid) =>
    [
        found.IsReply || (found.Status & SeenReply) != 0 ? TrackState.Established : TrackState.New,
        .. (found.Status & Expected) != 0 ? [TrackState.Related] : Array.Empty<TrackState>(),
        .. mayBeInvalid ? [TrackState.Invalid] : Array.Empty<TrackState>(),
    ];

    private static int Number(PacketView packet, int offset, int bytes) => (int)packet.Number(packet.TransportOffset + offset, bytes)!.Value;
}
