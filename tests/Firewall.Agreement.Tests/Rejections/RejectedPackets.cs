using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using static Firewall.Rules.Packets.Packet;

namespace Firewall.Agreement.Tests.Rejections;

/// <summary>Packets of many sorts to be rejected, addressed to the host of the oracle.</summary>
internal static class RejectedPackets
{
    private static readonly byte[] Broadcast = [255, 255, 255, 255, 255, 255];
    private static readonly byte[] Group = [1, 0, 0x5e, 0, 0, 1];
    private static readonly string[] Flags = ["S", "A", "SA", "F", "FA", "R", "RA", "PA", "", "FPU", "SF", "SEC", "AU", "FSRPAUEC"];

    /// <summary>Payloads around the sizes that answers quote: 548 bytes of IPv4 and 1232 of IPv6.</summary>
    private static readonly int[] Sizes = [0, 1, 2, 3, 7, 8, 100, 511, 512, 513, 519, 520, 521, 547, 548, 1183, 1184, 1185, 1192, 1193, 1400, 1452];

    /// <summary>Only FORWARD sees fragments.</summary>
    public static IEnumerable<Packet> Fragments(Family family)
    {
        var (udp, tcp) = (In(family, Udp(1000, 53)).WithPayload(Bytes(64)), In(family, Tcp(1000, 80)).WithPayload(Bytes(64)));
        foreach (var packet in new[] { udp, tcp, In(family, Ip(47, Bytes(64))), In(family, Ip(253, Bytes(64))), In(family, Ip(253)), NoChecksum(udp) })
        {
            yield return packet.Fragment(0, more: true, id: 7);
            yield return packet.Fragment(9, more: true, id: 7);
            yield return packet.Fragment(9, more: false, id: 7);
            yield return packet.Fragment(0, more: false, id: 7);
        }

        yield return Ping(family, family == Family.IPv4 ? (byte)8 : (byte)128).Fragment(0, more: true);
    }

    public static IEnumerable<Packet> Of(Family family) =>
    [
        .. Transports(family), .. Segments(family), .. Messages(family), .. Protocols(family), .. Damaged(family), .. Links(family),
        .. family == Family.IPv4 ? IPv4() : IPv6(),
    ];

    /// <summary>Longer than a link may be, up to several pages.</summary>
    public static IEnumerable<Packet> Long(Family family)
    {
        foreach (var size in new[] { 1500, 2047, 3000, 3400, 4000, 8999, 30_000 })
        {
            yield return In(family, Udp(1000, 53)).WithPayload(Bytes(size));
            yield return In(family, Tcp(1000, 80)).WithPayload(Bytes(size));
            yield return In(family, Tcp(1000, 80)).WithPayload(Bytes(size)).Patched(200, 1, 2, 3);
        }
    }

    private static IEnumerable<Packet> Transports(Family family)
    {
        foreach (var size in Sizes)
        {
            yield return In(family, Udp(1000, 53)).WithPayload(Bytes(size));
            yield return In(family, UdpLite(1000, 53)).WithPayload(Bytes(size));
            yield return In(family, Sctp(1000, 53)).WithPayload(Bytes(size));
            yield return In(family, Dccp(1000, 53, 0)).WithPayload(Bytes(size));
            yield return In(family, Tcp(1000, 80)).WithPayload(Bytes(size));
            yield return Ping(family, family == Family.IPv4 ? (byte)8 : (byte)128).WithPayload(Bytes(size));
        }

        for (var tos = 0; tos < 256; tos += 5) { yield return In(family, Udp(1000, 53)).WithTos((byte)tos).WithTtl((byte)(tos + 2)); }
    }

    private static IEnumerable<Packet> Segments(Family family)
    {
        foreach (var flags in Flags)
        {
            foreach (var size in new[] { 0, 1, 3, 1000 })
            {
                var segment = Numbered(In(family, Tcp(1000, 80)), 0xfffffff0u - (uint)size, 0x01020304u * (uint)(size + 1)).WithFlags(flags);
                yield return segment.WithPayload(Bytes(size));
                yield return segment.WithTcpOptions(2, 4, 5, 180, 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8).WithPayload(Bytes(size));
            }
        }

        for (var words = 0; words < 16; words++) { yield return In(family, Tcp(1000, 80)).WithDataOffset(words).WithPayload(Bytes(words)); }
        for (var kept = 0; kept < 20; kept++) { yield return In(family, Tcp(1000, 80)).Keep(kept); }

        // Checksums that add up to all ones and all zeros.
        for (ushort port = 0; port < 40; port++) { yield return Numbered(In(family, Tcp((ushort)(port * 1637), 80)), port * 0x01010101u, port).WithFlags("A"); }
    }

    private static IEnumerable<Packet> Messages(Family family)
    {
        for (var type = 0; type < 256; type++) { yield return Ping(family, (byte)type); }
        foreach (var type in new byte[] { 0, 3, 8, 128, 137 })
        {
            yield return Ping(family, type).Keep(0);
            yield return Ping(family, type).Keep(1);
        }
    }

    private static IEnumerable<Packet> Protocols(Family family)
    {
        for (var protocol = 0; protocol < 256; protocol++)
        {
            if (family == Family.IPv6 && protocol is 0 or 43 or 44 or 51 or 60) { continue; }
            yield return In(family, Ip((byte)protocol));
            yield return In(family, Ip((byte)protocol, Bytes(40)));
            yield return In(family, Ip((byte)protocol, new byte[21]));
        }
    }

    private static IEnumerable<Packet> Damaged(Family family)
    {
        var transport = family == Family.IPv4 ? 34 : 54;
        foreach (var packet in new[] { Udp(1000, 53), Tcp(1000, 80), UdpLite(1000, 53), Sctp(1000, 53), Dccp(1000, 53, 0) })
        {
            yield return In(family, packet).WithPayload(Bytes(33)).Patched(transport + 1, 77);
            yield return In(family, packet).Padded(13, 0x55);
        }

        // Left to hardware: the sum of the pseudo-header only.
        foreach (var (packet, place) in new[] { (Udp(1000, 53), 6), (Tcp(1000, 80), 16) })
        {
            var left = In(family, packet).WithPayload(Bytes(9));
            byte[] bytes = [.. left.Frame];
            var addresses = family == Family.IPv4 ? bytes[26..34] : bytes[22..54];
            var length = bytes.Length - transport;
            var sum = Enumerable.Range(0, addresses.Length).Aggregate(length + (place == 6 ? 17 : 6), Add(addresses));
            sum = (sum & 0xffff) + (sum >> 16);
            yield return left.Patched(transport + place, (byte)(sum >> 8), (byte)sum);
        }

        yield return Ping(family, 128).Patched(transport + 2, 1, 1);
        yield return Ping(family, 8).Patched(transport + 2, 1, 1);
        yield return NoChecksum(In(family, Udp(1000, 53)).WithPayload(Bytes(9)));
        yield return In(family, Udp(1000, 53)).WithPayload(Bytes(9)).Patched(transport + 4, 0, 1);
        for (var kept = 0; kept < 8; kept++) { yield return In(family, Udp(1000, 53)).Keep(kept); }
        for (var odd = 0; odd < 4; odd++) { yield return In(family, Udp(1000, 53)).WithPayload(Bytes(9)).Patched(transport + 6, 255, (byte)(252 + odd)); }
    }

    private static IEnumerable<Packet> Links(Family family)
    {
        foreach (var packet in new[] { In(family, Udp(1000, 53)), In(family, Tcp(1000, 80)) })
        {
            yield return packet.WithDestinationMac(Broadcast);
            yield return packet.WithDestinationMac(Group);
            yield return packet.WithTag(0);
            yield return packet.WithTag(0).WithTag(0, 3);
            yield return packet.Padded(20, 0xaa);
        }
    }

    private static IEnumerable<Packet> IPv4()
    {
        foreach (var packet in new[] { Udp(1000, 53), Tcp(1000, 80) })
        {
            yield return packet.To("255.255.255.255");
            yield return packet.To("224.0.0.1");
            yield return packet.To("239.1.1.1");
            yield return packet.From("0.0.0.0").To("255.255.255.255");
            yield return packet.From("10.0.0.200");
            yield return packet.From("198.51.100.7");
            yield return packet.WithIPOptions(1, 1, 1, 1);
            yield return packet.WithIPOptions(148, 4, 0, 0);
            yield return packet.WithIPOptions(0x5e, 4, 1, 2);
            yield return packet.WithIPOptions(7, 7, 4, 0, 0, 0, 0);
            yield return packet.Patched(20, 0x40, 0);
            yield return packet.Patched(24, 0, 0);
            yield return packet.Patched(18, 0xab, 0xcd);
        }
    }

    private static IEnumerable<Packet> IPv6()
    {
        foreach (var packet in new[] { Udp6(1000, 53), Tcp6(1000, 80), Icmp6(128), Icmp6(1), Ip6(59), Ip6(59, 1, 2, 3), Ip6(253), Ip6(47, 1, 2, 3) })
        {
            yield return packet.To("ff02::1");
            yield return packet.To("ff0e::5");
            yield return packet.From("::");
            yield return packet.From("2001:db8::77");
            yield return packet.WithHopByHop();
            yield return packet.WithHopByHop(5, 2, 0, 0);
            yield return packet.WithDestinationOptions();
            yield return packet.WithDestinationOptions(1, 4, 0, 0, 0, 0);
            yield return packet.WithRouting(4, 0, "2001:db8::9");
            yield return packet.WithAuthentication(1);
            yield return packet.WithHopByHop().WithDestinationOptions().WithRouting(4, 0).WithAuthentication(3).WithDestinationOptions();
            yield return packet.Fragment(0, more: false, id: 5);
            yield return packet.WithDestinationOptions().Fragment(0, more: false, id: 5).WithDestinationOptions();
            yield return packet.WithExtension(60, 200);
            yield return packet.WithExtension(43, 0);
            yield return packet.WithExtension(60, 0, 1, 4, 0, 0, 0, 0).WithPayload(Bytes(1300));
            yield return packet.Patched(14, 0x6a, 0xb1, 0xc2, 0xd3);
        }

        var deep = Udp6(1000, 53);
        for (var headers = 0; headers < 20; headers++) { yield return deep = deep.WithDestinationOptions(); }
    }

    private static Func<int, int, int> Add(byte[] bytes) => (sum, i) => sum + (bytes[i] << (i % 2 == 0 ? 8 : 0));

    private static Packet In(Family family, Packet packet) => family == Family.IPv4 ? packet : packet.InIPv6();

    private static Packet Ping(Family family, byte type) => family == Family.IPv4 ? Icmp(type) : Icmp6(type);

    private static Packet Numbered(Packet segment, uint sequence, uint acknowledged)
    {
        for (var i = 0; i < 4; i++)
        {
            segment = segment.WithTransportByte(4 + i, (byte)(sequence >> (24 - (8 * i)))).WithTransportByte(8 + i, (byte)(acknowledged >> (24 - (8 * i))));
        }

        return segment;
    }

    private static Packet NoChecksum(Packet datagram) => datagram.Patched(datagram.Family == Family.IPv4 ? 40 : 60, 0, 0);

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)((i * 7) + (i >> 5) + 1))];
}
