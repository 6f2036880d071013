using CsCheck;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using static Firewall.Agreement.Tests.Generation.Changes;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>What an IP packet may carry, aimed at what the rules ask: whole, cut and malformed transport headers.</summary>
internal static class TransportPackets
{
    /// <summary>The rules' ports, and their neighbours.</summary>
    private static readonly Gen<ushort> Port = Gen.Frequency(
        (4, Gen.OneOf<ushort>(22, 53, 80, 81, 1000)),
        (3, Gen.OneOf<ushort>(0, 1, 4, 5, 10, 11, 21, 23, 52, 54, 78, 79, 82, 999, 1001, 1005, 1006, 64_999, 65_000, 65_535)));

    private static readonly Gen<byte[]> Payload = Gen.OneOf(
        Gen.Const(Array.Empty<byte>()), Gen.Byte.Array[0, 24], Gen.OneOf(0, 12, 20, 32, 40, 60).Select(length => new byte[length]));

    /// <summary>TCP options one after the other, as the parser of the kernel may or may not like them.</summary>
    private static readonly Gen<byte[]> TcpOptions = Pieces(
        6, [2, 4, 5, 0xb4], [1], [0], [8, 10, 0, 0, 0, 1, 0, 0, 0, 2], [3, 3, 7], [254, 4, 0, 0], [2, 0], [2, 1], [254, 200], [3], [1, 1, 1], [8]);

    private static readonly Gen<byte[]> SctpChunks = Pieces(
        5, [1, 0, 0, 4], [0, 0, 0, 4], [0, 3, 0, 4], [0, 2, 0, 4], [0, 4, 0, 5, 9, 0, 0, 0], [3, 0, 0, 4], [6, 1, 0, 4], [6, 0, 0, 4], [64, 0, 0, 4], [132, 0, 0, 4],
        [0, 7, 0, 8, 1, 2, 3, 4], [1, 0, 0, 0], [1, 0, 0, 200], [1, 0, 0], [2, 0, 0, 7, 1, 1, 1, 1]);

    private static readonly Gen<byte[]> DccpOptions = Pieces(5, [0], [1], [2], [32, 3, 0], [44, 2], [44, 4, 0, 0], [255, 2], [32, 0], [32, 1], [44, 100], [32]);

    private static readonly Gen<string> Flags = Gen.OneOf("S", "SA", "A", "", "F", "FA", "R", "FSRPAU", "FSRPAUEC", "SE", "SEC", "FPU", "PA", "C", "E", "U", "PU", "SF");

    public static Gen<Packet> Of(Family family) => Gen.Frequency(
            (8, Tcp),
            (5, Gen.Select(Port, Port, Packet.Udp)),
            (1, Gen.Select(Port, Port, Packet.UdpLite)),
            (4, Gen.Select(Port, Port, SctpChunks, (source, destination, chunks) => Packet.Sctp(source, destination, chunks))),
            (3, Dccp),
            (3, Gen.Select(Gen.OneOf<byte>(0, 1, 3, 5, 8, 11, 255), Gen.OneOf<byte>(0, 1, 4, 13), (type, code) => Packet.Icmp(type, code))),
            (family == Family.IPv4 ? 0 : 3, Gen.Select(Gen.OneOf<byte>(0, 1, 2, 3, 128, 129, 134, 135, 255), Gen.OneOf<byte>(0, 1, 4), (type, code) => Packet.Icmp6(type, code))),
            (2, Gen.Select(Gen.OneOf<byte>(50, 51), Gen.OneOf<uint>(0, 4, 5, 6, 99, 100, 200, 201, 255, 256, uint.MaxValue), Spi)),
            (2, Gen.Select(Gen.OneOf<byte>(family == Family.IPv4 ? (byte)0 : (byte)252, 1, 44, 47, 58, 59, 60, 136, 253, 255), Gen.Byte.Array[0, 24], (protocol, bytes) => Packet.Ip(protocol, bytes))))
        .With(
            Sometimes(40, Payload, (packet, bytes) => packet.WithPayload(bytes)),
            Sometimes(15, Gen.OneOf(Gen.Int[0, 24], Gen.OneOf(0, 3, 4, 7, 8, 11, 12, 13, 19, 20)), (packet, bytes) => packet.Keep(bytes)))
        .Select(packet => family == Family.IPv6 ? packet.InIPv6() : packet);

    private static Gen<Packet> Tcp => Gen.Select(Port, Port, Packet.Tcp).With(
        Always(Flags, (packet, initials) => packet.WithFlags(initials)),
        Sometimes(40, TcpOptions, (packet, options) => packet.WithTcpOptions(options.AsSpan(0, Math.Min(40, options.Length)))),
        Sometimes(10, Gen.OneOf(0, 4, 5, 6, 7, 15), (packet, words) => packet.WithDataOffset(words)));

    private static Gen<Packet> Dccp => Gen.Select(Port, Port, Gen.OneOf<byte>(0, 1, 2, 3, 7, 8, 9, 10, 12, 15), Packet.Dccp).With(
        Sometimes(60, DccpOptions, (packet, options) => packet.WithTransportByte(4, (byte)(4 + ((options.Length + 3) / 4))).WithPayload([.. options, 0, 0, 0, 0])),
        Sometimes(15, Gen.OneOf<byte>(0, 3, 4, 5, 6, 7, 200), (packet, words) => packet.WithTransportByte(4, words)),
        Sometimes(15, Gen.OneOf<byte>(0, 1, 2, 7, 15), (packet, typeAndSequence) => packet.WithTransportByte(8, (byte)(typeAndSequence << 1))));

    private static Packet Spi(byte protocol, uint spi)
    {
        byte[] number = [(byte)(spi >> 24), (byte)(spi >> 16), (byte)(spi >> 8), (byte)spi];
        return protocol == 50 ? Packet.Ip(protocol, [.. number, 0, 0, 0, 1]) : Packet.Ip(protocol, [59, 4, 0, 0, .. number, .. new byte[16]]);
    }

    /// <summary>Up to <paramref name="most"/> pieces in any order.</summary>
    private static Gen<byte[]> Pieces(int most, params byte[][] pieces) => Gen.OneOf(pieces).Array[0, most].Select(chosen => chosen.SelectMany(piece => piece).ToArray());
}
