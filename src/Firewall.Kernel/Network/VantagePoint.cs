using System.Collections.Immutable;

namespace Firewall.Kernel.Network;

/// <summary>Why XDP on an interface sees other frames than iptables rules about that interface do.</summary>
public enum VantageDifference
{
    /// <summary>A VLAN interface stands on it: tagged frames are filtered under that interface's name.</summary>
    VlanAbove,

    /// <summary>A macvlan, ipvlan or the like stands on it and takes frames that XDP sees but this interface's rules do not.</summary>
    DeviceAbove,

    /// <summary>It is a bridge port: its frames are bridged, or filtered under the bridge's name.</summary>
    BridgePort,

    /// <summary>It is a member of a bond or team: its frames are filtered under the master's name.</summary>
    BondMember,

    /// <summary>It belongs to a VRF (or another kind of master), whose name iptables may see instead.</summary>
    OtherMaster,

    /// <summary>It has no Ethernet header, so frames do not begin as the program expects.</summary>
    NotEthernet,

    /// <summary>Frames on loopback come from this very host and have skipped checksums and routing.</summary>
    Loopback,
}

/// <summary>One difference, with the other interface that causes it where there is one.</summary>
public sealed record VantagePoint(VantageDifference Difference, NetworkInterface? Other, string Explanation)
{
    private static readonly ImmutableArray<string> DevicesThatTakeFrames = ["macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", "hsr", "dsa", "batadv"];

    /// <summary>Everything in which frames seen by XDP on <paramref name="subject"/> differ from those its rules see.</summary>
    public static ImmutableArray<VantagePoint> Of(NetworkInterface subject) => Of(subject, NetworkInterfaces.All());

    public static ImmutableArray<VantagePoint> Of(NetworkInterface subject, IReadOnlyCollection<NetworkInterface> all)
    {
        var points = ImmutableArray.CreateBuilder<VantagePoint>();
        if (subject.IsLoopback)
        {
            points.Add(new(VantageDifference.Loopback, null, $"{subject.Name} is loopback"));
        }
        else if (!subject.IsEthernet)
        {
            points.Add(new(VantageDifference.NotEthernet, null, $"{subject.Name} has no Ethernet header (hardware type {subject.HardwareType})"));
        }

        points.AddRange(all.Where(other => other.Lower == subject.Index && other.LowerNamespace is null).Select(Above).OfType<VantagePoint>());
        if (all.FirstOrDefault(other => other.Index == subject.Master) is { } master)
        {
            points.Add(Below(subject, master));
        }

        return points.ToImmutable();
    }

    private static VantagePoint? Above(NetworkInterface other)
    {
        if (other.Kind == "vlan")
        {
            var tag = other.VlanId is { } id ? $"frames tagged {id}" : "tagged frames";
            return new VantagePoint(VantageDifference.VlanAbove, other, $"{tag} belong to {other.Name}");
        }

        return other.Kind is { } kind && DevicesThatTakeFrames.Contains(kind)
            ? new VantagePoint(VantageDifference.DeviceAbove, other, $"some frames belong to {other.Name}, a {kind} on top of it")
            : null;
    }

    private static VantagePoint Below(NetworkInterface subject, NetworkInterface master) => master.Kind switch
    {
        "bridge" => new(VantageDifference.BridgePort, master, $"{subject.Name} is a port of bridge {master.Name}"),
        "bond" or "team" => new(VantageDifference.BondMember, master, $"{subject.Name} is a member of {master.Kind} {master.Name}"),
        var kind => new(VantageDifference.OtherMaster, master, $"{subject.Name} belongs to {kind ?? "the master"} {master.Name}"),
    };
}
