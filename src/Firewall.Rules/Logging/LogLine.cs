using System.Buffers.Binary;
using System.Text;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Logging;

/// <summary>
/// The text that the kernel's LOG target writes for a packet (net/netfilter/nf_log_syslog.c, Linux 6.18), without time and level.
/// It is equal to the kernel's, the blank at its end included, but of a packet as it came in: what the kernel changes on its way to the chain (the
/// contents of IPv4 options) is shown as it was, and the owner of a socket is not known.
/// </summary>
/// <remarks>
/// Of a frame that was cut short, what lies behind the cut counts as not in the packet. A line needs the headers up to the transport header with its
/// options, and the same again of the packet that an ICMP error quotes.
/// </remarks>
public static class LogLine
{
    private const int LinkHeader = 14;
    private const int MostTags = 2;

    /// <summary>The line; one char per byte (Latin-1), as the prefix in the rules. Null for a frame that holds no IP packet.</summary>
    public static string? Of(LogOptions options, LoggedPacket packet)
    {
        var frame = packet.Frame.Span;
        if (Network(frame) is not { } network || Length(frame[network..]) is not { } length) { return null; }
        var line = new LineBuffer();
        line.Add($"{options.Prefix}IN={Bytes(packet.InInterface)} OUT={Bytes(packet.OutInterface)} ");
        if (packet.InInterface.Length > 0) { AddLink(line, options, packet, frame, network); }
        var bytes = frame[network..Math.Min(frame.Length, network + length)];
        if (bytes[0] >> 4 == (int)Family.IPv4) { new IPv4Line(line, options, packet, bytes, length).Add(0); }
        else { new IPv6Line(line, options, packet, bytes, length).Add(0, isOuter: true); }
        return line.ToString();
    }

    /// <summary>A name in the bytes that the kernel prints, one char each.</summary>
    private static string Bytes(string name) => Ascii.IsValid(name) ? name : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name));

    /// <summary>Where the IP header begins. The kernel has taken priority tags off when it logs.</summary>
    private static int? Network(ReadOnlySpan<byte> frame)
    {
        var offset = LinkHeader;
        for (var tags = 0; tags < MostTags && frame.Length >= offset && Type(frame, offset) is 0x8100 or 0x88a8; tags++) { offset += 4; }
        return frame.Length > offset && (Type(frame, offset) == Family.IPv4.EtherType() || Type(frame, offset) == Family.IPv6.EtherType()) ? offset : null;
    }

    private static ushort Type(ReadOnlySpan<byte> frame, int network) => BinaryPrimitives.ReadUInt16BigEndian(frame[(network - 2)..]);

    /// <summary>What the packet's own header says of its length: the kernel cuts off what is more.</summary>
    private static int? Length(ReadOnlySpan<byte> packet) => (packet[0] >> 4, packet.Length) switch
    {
        ((int)Family.IPv4, >= 20) when BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) is >= 20 and var total => total,
        ((int)Family.IPv6, >= 40) => 40 + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]),
        _ => null,
    };

    private static void AddLink(LineBuffer line, LogOptions options, LoggedPacket packet, ReadOnlySpan<byte> frame, int network)
    {
        var type = frame[(network - 2)..network];
        if (options.Shows(LogDetails.DecodedMac) && packet.IsEthernet)
        {
            line.Add($"MACSRC={Mac(frame[6..12])} MACDST={Mac(frame[..6])} MACPROTO={Convert.ToHexStringLower(type)} ");
        }
        else if (!packet.HasLinkHeader)
        {
            line.Add("MAC= ");
        }
        else
        {
            line.Add($"MAC={Mac([.. frame[..12], .. type])} ");
        }
    }

    private static string Mac(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (var b in bytes) { text.Append(Convert.ToHexStringLower([b])).Append(':'); }
        return text.ToString(0, text.Length - 1);
    }
}
