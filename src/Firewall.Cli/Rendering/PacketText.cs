using System.Buffers.Binary;
using System.Net;
using Firewall.Rules.Names;

namespace Firewall.Cli.Rendering;

/// <summary>A frame in a few words, as <c>fwc explain</c> takes them: <c>tcp 192.0.2.50:51044 &gt; 203.0.113.10:443</c>. Never fails, whatever the bytes.</summary>
internal static class PacketText
{
    private const int LinkHeader = 14;

    public static string Of(ReadOnlySpan<byte> frame)
    {
        var at = LinkHeader;
        while (frame.Length >= at + 4 && EtherType(frame, at) is 0x8100 or 0x88a8) { at += 4; }
        if (frame.Length < at) { return $"frame of {frame.Length} bytes"; }
        var type = EtherType(frame, at);
        return type switch
        {
            0x0800 when frame.Length >= at + 20 => IPv4(frame[at..]),
            0x86dd when frame.Length >= at + 40 => IPv6(frame[at..]),
            0x0806 => "arp",
            _ => $"frame of {frame.Length} bytes, type 0x{type:x4}",
        };
    }

    private static int EtherType(ReadOnlySpan<byte> frame, int end) => BinaryPrimitives.ReadUInt16BigEndian(frame[(end - 2)..]);

    private static string IPv4(ReadOnlySpan<byte> packet)
    {
        var header = Math.Max(20, (packet[0] & 15) * 4);
        var isLaterFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1fff) != 0;
        var behind = isLaterFragment || header > packet.Length ? [] : packet[header..];
        return Text(packet[9], new IPAddress(packet[12..16]), new IPAddress(packet[16..20]), behind);
    }

    private static string IPv6(ReadOnlySpan<byte> packet) => Text(packet[6], new IPAddress(packet[8..24]), new IPAddress(packet[24..40]), packet[40..]);

    private static string Text(byte protocol, IPAddress source, IPAddress destination, ReadOnlySpan<byte> behind)
    {
        var name = Protocols.Text(protocol);
        return protocol switch
        {
            6 or 17 or 33 or 132 or 136 when behind.Length >= 4 =>
                $"{name} {new IPEndPoint(source, BinaryPrimitives.ReadUInt16BigEndian(behind))} > {new IPEndPoint(destination, BinaryPrimitives.ReadUInt16BigEndian(behind[2..]))}",
            1 or 58 when behind.Length >= 2 => $"{name} {behind[0]}/{behind[1]} {source} > {destination}",
            _ => $"{name} {source} > {destination}",
        };
    }
}
