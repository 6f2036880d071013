using CsCheck;
using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>IPv6 extension headers in front of the transport header.</summary>
internal static class ExtensionHeaders
{
    private const byte HopByHop = 0, Routing = 43, Fragment = 44, Authentication = 51, Destination = 60, Mobility = 135;

    private static readonly string[] Listed = ["2001:db8::9", "2001:db8::8", "::1"];

    private static readonly Gen<byte[]> OptionList = Gen.OneOf<byte[]>(
        [], [5, 2, 0, 0], [1, 4, 0, 0, 0, 0], [30, 2, 1, 2], [5, 2, 0, 0, 1, 0], [30, 2, 1, 2, 1, 0], [1, 2, 0, 0, 5, 2, 0, 0]);

    private static readonly Gen<Func<Packet, Packet>> Other = Gen.OneOf(
        OptionList.Select(options => Change(packet => packet.WithDestinationOptions(options))),
        Gen.Select(Gen.OneOf<byte>(0, 4, 2), Gen.OneOf<byte>(0, 1, 2, 5, 6), (type, left) => Change(packet => packet.WithRouting(type, left))),
        Gen.Select(Gen.OneOf<byte>(0, 0, 4), Gen.OneOf<byte>(0, 1, 2), Gen.Shuffle(Listed, 1, 3), (type, left, addresses) =>
            Change(packet => packet.WithRouting(type, left, addresses))),
        Gen.Select(Gen.OneOf(0, 0, 0, 1, 2, 50), Gen.Bool, Gen.OneOf<uint>(0, 4, 5, 7, 10, 11), (offset, more, id) =>
            Change(packet => packet.Fragment(offset, more, id))),
        Gen.Select(Gen.OneOf<uint>(0, 4, 5, 99, 100, 200, 201, 255, 256), Gen.OneOf<ushort>(0, 0, 1), (spi, reserved) =>
            Change(packet => packet.WithAuthentication(spi, reserved))));

    /// <summary>Up to four that a stack reads without complaint before the hook: hop-by-hop options first if at all.</summary>
    public static readonly Gen<Func<Packet, Packet>> Sound =
        from hopByHop in Gen.Frequency((2, Gen.Const((byte[]?)null)), (1, OptionList.Select(options => (byte[]?)options)))
        from others in Other.Array[0, 3]
        select Change(packet => others.Aggregate(hopByHop is null ? packet : packet.WithHopByHop(hopByHop), (changed, add) => add(changed)));

    /// <summary>A header of any bytes behind the others: its length may lie, and it may be cut.</summary>
    public static readonly Gen<Func<Packet, Packet>> Malformed =
        Gen.Select(Gen.OneOf(HopByHop, Routing, Fragment, Authentication, Destination, Mobility), Gen.OneOf<byte>(0, 1, 2, 5, 200), Gen.Byte.Array[0, 15], (number, length, bytes) =>
            Change(packet => packet.WithExtension(number, [length, .. bytes])));

    private static Func<Packet, Packet> Change(Func<Packet, Packet> change) => change;
}
