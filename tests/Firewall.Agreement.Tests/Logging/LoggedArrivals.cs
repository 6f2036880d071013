using CsCheck;
using Firewall.Agreement.Tests.Generation;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests.Logging;

/// <summary>Random frames for log lines: those of the rule tests, and ICMP errors that quote them, whole and cut.</summary>
internal static class LoggedArrivals
{
    private const int LinkHeader = 14;

    public static Gen<Arrival> Of(Family family, Hook hook)
    {
        var plain = Arrivals.Delivered(family, hook);
        return Gen.Frequency((3, plain), (2, Errors(family, plain)), (family == Family.IPv6 ? 1 : 0, ManyExtensions(plain)));
    }

    /// <summary>An error message instead of the packet, which it quotes.</summary>
    private static Gen<Arrival> Errors(Family family, Gen<Arrival> plain) =>
        from arrival in plain
        from quoted in Gen.OneOf(plain, plain, plain.Select(a => a with { Packet = Wrapped(family, a.Packet, 3, 4, 200) }))
        from type in family == Family.IPv4 ? Gen.OneOf<byte>(3, 3, 4, 5, 11, 12, 0, 8, 13, 17, 40) : Gen.OneOf<byte>(1, 2, 3, 4, 128, 129, 130, 200)
        from code in Gen.OneOf<byte>(0, 1, 3, 4)
        from kept in Gen.OneOf(Gen.Const(int.MaxValue), Gen.Int[0, 90])
        select arrival with { Packet = Readdressed(Wrapped(family, quoted.Packet, type, code, kept), arrival.Packet) };

    private static Packet Wrapped(Family family, Packet quoted, byte type, byte code, int kept)
    {
        var bytes = quoted.Frame.AsSpan()[LinkHeader..];
        bytes = bytes[..Math.Min(bytes.Length, kept)];
        var message = family == Family.IPv4 ? Packet.Icmp(type, code) : Packet.Icmp6(type, code);
        return message.WithTransportByte(4, 0xfe).WithTransportByte(6, 0x05).WithPayload(bytes).Keep(kept == int.MaxValue ? int.MaxValue : kept + 8);
    }

    /// <summary>With the addresses of another packet, so that it arrives as that would.</summary>
    private static Packet Readdressed(Packet packet, Packet model)
    {
        var frame = model.Frame.AsSpan();
        return packet.From(Address(frame, packet.Family, isSource: true)).To(Address(frame, packet.Family, isSource: false)).WithDestinationMac(frame[..6]).WithSourceMac(frame[6..12]);
    }

    private static string Address(ReadOnlySpan<byte> frame, Family family, bool isSource)
    {
        var network = LinkHeader;
        while (frame[network - 2] != (family == Family.IPv4 ? 0x08 : 0x86) || frame[network - 1] != (family == Family.IPv4 ? 0x00 : 0xdd)) { network += 4; }
        var size = family == Family.IPv4 ? 4 : 16;
        return new System.Net.IPAddress(frame.Slice(network + (family == Family.IPv4 ? 12 : 8) + (isSource ? 0 : size), size)).ToString();
    }

    /// <summary>So many fragment headers that the kernel's buffer overflows.</summary>
    private static Gen<Arrival> ManyExtensions(Gen<Arrival> plain) =>
        from arrival in plain
        from count in Gen.Int[30, 60]
        from id in Gen.UInt
        select arrival with { Packet = Enumerable.Range(0, count).Aggregate(arrival.Packet, (packet, _) => packet.Fragment(0, false, id)) };
}
