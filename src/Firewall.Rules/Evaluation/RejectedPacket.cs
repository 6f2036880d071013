using System.Buffers.Binary;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Rules.Evaluation;

/// <summary>A packet that a rule rejects: whether the kernel answers it, and what the answer takes from it.</summary>
internal readonly ref struct RejectedPacket(ReadOnlySpan<byte> frame, PacketView view, bool isForwarded)
{
    private const byte Tcp = 6, Udp = 17, Dccp = 33, Icmp = 1, Icmp6 = 58;

    /// <summary>The types of ICMP messages that are not errors (icmp_pointers, net/ipv4/icmp.c); all others count as such.</summary>
    private const uint IcmpQuestions = 1u << 0 | 1u << 8 | 1u << 13 | 1u << 14 | 1u << 15 | 1u << 16 | 1u << 17 | 1u << 18;

    private readonly ReadOnlySpan<byte> _frame = frame;

    public PacketView View { get; } = view;

    public Family Family => View.Family;

    public ReadOnlySpan<byte> Link => _frame[..12];

    /// <summary>The IP packet.</summary>
    public ReadOnlySpan<byte> Packet => _frame[View.NetworkOffset..];

    /// <summary>What stands behind the IP headers; empty when they claim to reach beyond the packet.</summary>
    public ReadOnlySpan<byte> Transport => View.TransportOffset < _frame.Length ? _frame[View.TransportOffset..] : [];

    public ReadOnlySpan<byte> Source => Family == Family.IPv4 ? Packet[12..16] : Packet[8..24];

    public ReadOnlySpan<byte> Destination => Family == Family.IPv4 ? Packet[16..20] : Packet[24..40];

    public bool IsForwarded { get; } = isForwarded;

    private byte Protocol => (byte)View.Value(Field.Protocol);

    private bool IsToGroup => (_frame[0] & 1) != 0;

    private bool HasOptions => Family == Family.IPv4 && (Packet[0] & 15) > 5;

    /// <summary>Null when there is an answer.</summary>
    public RejectReply? Judge(bool isReset)
    {
        if (IsSilentNetwork() || (isReset ? IsSilentTcp() : IsSilentIcmp())) { return RejectReply.Silent; }
        var checksum = Checks(isReset);
        if (checksum is not null) { return checksum; }

        // Errors echo some IP options, and the stack writes into some, which spoils checksums (ip_options_compile). A reset to a frame for all is
        // sent when the IP address is ours alone, which only the routing tables tell.
        return HasOptions || (isReset && IsToGroup) ? RejectReply.Unknown : null;
    }

    /// <summary>The sum over the pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1), not folded.</summary>
    public static uint PseudoHeader(ReadOnlySpan<byte> source, ReadOnlySpan<byte> destination, byte protocol, int length) =>
        Checksum.Sum(source) + Checksum.Sum(destination) + protocol + (uint)length;

    private bool IsSilentNetwork() => Family == Family.IPv4
        ? Checksum.Internet(Packet[..((Packet[0] & 15) * 4)]) != 0
            || (BinaryPrimitives.ReadUInt16BigEndian(Packet[6..]) & 0x1fff) != 0
            || Destination[0] >> 4 == 14
            || Destination.IndexOfAnyExcept((byte)255) < 0
            || Source.IndexOfAnyExcept((byte)0) < 0
        : View.ChainEnd != ChainEnd.Protocol
            || View.Value(Field.FragmentOffset) != 0
            || Transport.IsEmpty
            || Protocol == 59
            || Destination[0] == 255
            || Source[0] == 255
            || Source.IndexOfAnyExcept((byte)0) < 0;

    private bool IsSilentTcp() => Protocol != Tcp || Transport.Length < 20 || (Transport[13] & 4) != 0;

    /// <summary>No errors to frames for all, nor about errors.</summary>
    private bool IsSilentIcmp()
    {
        if (IsToGroup) { return true; }
        return Family == Family.IPv4
            ? Protocol == Icmp && (Transport.IsEmpty || Transport[0] > 18 || (IcmpQuestions >> Transport[0] & 1) == 0)
            : Protocol == Icmp6 && Transport[0] < 128;
    }

    /// <summary>
    /// nf_reject_verify_csum (include/net/netfilter/nf_reject.h): every protocol is taken to have the checksum of TCP, but for a few. The kernel
    /// does not look at that of a packet from a device that left it to hardware which was never there (veth, virtio): it holds the sum of the
    /// pseudo-header only. DCCP was one of the few until Linux 6.16.
    /// </summary>
    private RejectReply? Checks(bool isReset)
    {
        var protocol = Protocol;
        var transport = Transport;
        if (!isReset && HasNoChecksum(protocol, transport)) { return null; }
        var pseudo = Family == Family.IPv6 || protocol is Tcp or Udp ? PseudoHeader(Source, Destination, protocol, transport.Length) : 0;

        // The sum also runs over the IPv4 header, which adds nothing; it only makes zeros, which are as good as ones, never look wrong.
        if (Checksum.Internet(transport, pseudo) is 0 or ushort.MaxValue) { return null; }
        if (protocol == Dccp) { return RejectReply.Unknown; }
        var place = protocol switch
        {
            Tcp => 16,
            Udp => 6,
            Icmp6 => 2,
            _ => -1,
        };
        var isPartial = place >= 0 && transport.Length >= place + 2
            && BinaryPrimitives.ReadUInt16BigEndian(transport[place..]) == (ushort)~Checksum.Internet([], pseudo);
        return isPartial ? RejectReply.Unknown : RejectReply.Silent;
    }

    private static bool HasNoChecksum(byte protocol, ReadOnlySpan<byte> transport) => protocol switch
    {
        Udp => transport.Length >= 8 && transport[6] == 0 && transport[7] == 0,
        47 or 50 or 51 or 132 or 136 => true,
        _ => false,
    };
}
