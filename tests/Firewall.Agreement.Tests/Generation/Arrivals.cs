using CsCheck;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;
using static Firewall.Agreement.Tests.Generation.Changes;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>Random frames aimed at the rules of <see cref="RuleSets"/>.</summary>
internal static class Arrivals
{
    private static readonly byte[] Broadcast = [255, 255, 255, 255, 255, 255];
    private static readonly byte[] Multicast = [1, 0, 0x5e, 0, 0, 1];
    private static readonly byte[] IPv6Multicast = [0x33, 0x33, 0, 0, 0, 1];
    private static readonly byte[] Eth0 = [2, 0, 0, 0, 0, 1];
    private static readonly byte[] Eth1 = [2, 0, 0, 0, 1, 1];
    private static readonly byte[] Stranger = [2, 0, 0, 0, 0, 0x77];

    /// <summary>Frames that a stack hands to the hook's chain, whatever their transport headers look like.</summary>
    public static Gen<Arrival> Delivered(Family family, Hook hook)
    {
        var pool = AddressPool.Of(family);
        var destination = hook == Hook.Input
            ? Gen.OneOf(pool.Local.ToArray()).Select(address => (Address: address, Out: (string?)null))
            : Gen.OneOf(pool.Elsewhere.ToArray()).Select(to => (to.Address, Out: (string?)to.Out));
        return
            from packet in Sound(family, hook)
            from source in Gen.OneOf([.. pool.Sources.Where(address => address != "127.255.255.255")])
            from to in destination
            from device in Gen.OneOf("eth0", "eth1")
            from mac in hook == Hook.Forward ? Gen.OneOf(Gen.Const(Eth0)) : Gen.Frequency((5, Eth0), (1, Broadcast), (1, Multicast), (1, IPv6Multicast))
            select new Arrival(packet.From(source).To(to.Address).WithDestinationMac(mac == Eth0 && device == "eth1" ? Eth1 : mac), device, to.Out);
    }

    /// <summary>Frames of any kind: malformed, cut, tagged, from and to anywhere.</summary>
    public static Gen<Arrival> Any(Family family)
    {
        var pool = AddressPool.Of(family);
        string[] sources = [.. pool.Sources, .. pool.Sources, .. pool.Odd];
        string[] destinations = [.. pool.Local, .. pool.Elsewhere.Select(to => to.Address), .. pool.Odd];
        return
            from packet in Sound(family, hook: null).With(
                Always(Gen.OneOf(sources), (packet, address) => packet.From(address)),
                Always(Gen.OneOf(destinations), (packet, address) => packet.To(address)),
                Sometimes(30, Gen.OneOf(Eth1, Broadcast, Multicast, IPv6Multicast, Stranger), (packet, mac) => packet.WithDestinationMac(mac)),
                Sometimes(5, Tag, (packet, tag) => packet.WithTag(tag.Id, tag.Priority, tag.Type)),
                Sometimes(5, Gen.OneOf(0, 8, 19, 20, 21, 27, 28, 39, 40, 41, 60, 65_535), (packet, length) => packet.WithLength(length)),
                Sometimes(family == Family.IPv6 ? 10 : 0, ExtensionHeaders.Malformed, (packet, header) => header(packet)))
            from flip in Gen.Frequency((8, Gen.Const((Offset: -1, Value: (byte)0))), (1, Gen.Select(Gen.Int[12, 80], Gen.Byte, (offset, value) => (Offset: offset, Value: value))))
            from length in Gen.Frequency((8, Gen.Const(int.MaxValue)), (2, Gen.Int[0, 120]))
            from device in Gen.OneOf("eth0", "eth1", "lo", "eth9")
            select new Arrival(Damaged(packet, flip.Offset, flip.Value, length), device, Out: null);
    }

    private static Gen<(ushort Id, byte Priority, ushort Type)> Tag =>
        Gen.Select(Gen.Frequency((4, (ushort)0), (1, (ushort)5)), Gen.OneOf<byte>(0, 3), Gen.OneOf<ushort>(0x8100, 0x88a8));

    /// <summary>Well-formed up to the transport header.</summary>
    private static Gen<Packet> Sound(Family family, Hook? hook)
    {
        var timesToLive = Gen.OneOf<byte>(2, 63, 64, 65, 66, 128, 254, 255);
        var any = Gen.OneOf<byte>(0, 1, 2, 64, 65);
        return TransportPackets.Of(family).With(
        [
            Sometimes(50, hook == Hook.Forward ? timesToLive : Gen.OneOf(timesToLive, any), (packet, value) => packet.WithTtl(value)),
            Sometimes(50, Gen.OneOf<byte>(0x10, 0x11, 0x28, 0x03, 0x01, 0x02, 0xb8, 0xbb, 0xd0, 0x20, 0xff), (packet, value) => packet.WithTos(value)),
            Sometimes(30, Gen.OneOf<byte>(0x02, 0x98, 0x99), (packet, last) => packet.WithSourceMac(2, 0, 0, 0, 0, last)),
            Sometimes(20, Gen.Int[1, 18], (packet, bytes) => packet.Padded(bytes, 0xa5)),
            Sometimes(10, Gen.OneOf(1, 2), (packet, tags) => tags == 1 ? packet.WithTag(0, 3) : packet.WithTag(0, 0, 0x88a8).WithTag(0)),
            .. family == Family.IPv4 ? IPv4 : [Sometimes(60, ExtensionHeaders.Sound, (packet, headers) => headers(packet))],
        ]);
    }

    private static IEnumerable<Gen<Func<Packet, Packet>>> IPv4 =>
    [
        Sometimes(20, Gen.OneOf<byte[]>([1], [1, 1, 1, 1], [7, 7, 4, 0, 0, 0, 0], [68, 8, 5, 0, 0, 0, 0, 0], [148, 4, 0, 0], [0x5e, 4, 1, 2], new byte[40]),
            (packet, options) => packet.WithIPOptions(options)),
        Sometimes(12, Gen.Select(Gen.OneOf(0, 0, 1, 2, 50), Gen.Bool, Gen.OneOf<uint>(0, 7)),
            (packet, part) => packet.Fragment(part.Item1, part.Item2, part.Item3)),
    ];

    /// <summary>One byte of the frame is another, and the frame ends early.</summary>
    private static Packet Damaged(Packet packet, int offset, byte value, int length)
    {
        if (offset < 0 && length >= packet.Frame.Length) { return packet; }
        byte[] frame = [.. packet.Frame];
        if (offset >= 0 && offset < frame.Length) { frame[offset] = value; }
        return Packet.FromBytes(packet.Family, frame.AsSpan(0, Math.Min(frame.Length, Math.Max(length, 14))));
    }
}
