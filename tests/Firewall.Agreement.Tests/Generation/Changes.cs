using CsCheck;
using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>Generators of changes to a packet.</summary>
internal static class Changes
{
    /// <summary>The change in so many of a hundred cases.</summary>
    public static Gen<Func<Packet, Packet>> Sometimes<T>(int percent, Gen<T> value, Func<Packet, T, Packet> change) =>
        Gen.Frequency((percent, Always(value, change)), (100 - percent, Gen.Const<Func<Packet, Packet>>(packet => packet)));

    public static Gen<Func<Packet, Packet>> Always<T>(Gen<T> value, Func<Packet, T, Packet> change) =>
        value.Select(v => new Func<Packet, Packet>(packet => change(packet, v)));

    /// <summary>The packet after all changes, in order.</summary>
    public static Gen<Packet> With(this Gen<Packet> packet, params IEnumerable<Gen<Func<Packet, Packet>>> changes) =>
        changes.Aggregate(packet, (changed, change) => Gen.Select(changed, change, (before, apply) => apply(before)));
}
