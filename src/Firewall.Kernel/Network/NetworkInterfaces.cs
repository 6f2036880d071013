using System.Buffers.Binary;
using System.Collections.Immutable;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Links;
using Firewall.Kernel.Netlink;

namespace Firewall.Kernel.Network;

/// <summary>The interfaces of the network namespace that the calling thread is in.</summary>
public static class NetworkInterfaces
{
    private const ushort NewLink = 16;
    private const ushort GetLink = 18;

    /// <summary>sizeof(struct ifinfomsg).</summary>
    private const int HeaderSize = 16;

    public static ImmutableArray<NetworkInterface> All()
    {
        using var socket = new NetlinkSocket(NetlinkSocket.Route);
        var request = new NetlinkRequest(GetLink, NetlinkFlags.Dump, new byte[HeaderSize]);
        return [.. socket.Dump(request, "list the network interfaces").Where(m => m.Type == NewLink).Select(Read)];
    }

    /// <summary>The interface of that name, or null.</summary>
    public static NetworkInterface? Find(string name) => All().FirstOrDefault(i => i.Name == name);

    public static NetworkInterface? Find(int index) => All().FirstOrDefault(i => i.Index == index);

    public static NetworkInterface Get(string name) => Find(name)
        ?? throw new MissingException($"use interface {name}", Errno.ENODEV, "there is no such interface in this network namespace");

    /// <summary>Reads one RTM_NEWLINK message.</summary>
    internal static NetworkInterface Read(NetlinkMessage message)
    {
        var header = message.Span;
        var attributes = message.Attributes(HeaderSize);
        var info = attributes.Nested(Attribute.LinkInfo);
        var kind = info?.Text(Attribute.InfoKind);
        return new NetworkInterface
        {
            Index = BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
            HardwareType = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
            Flags = (InterfaceFlags)BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
            Name = attributes.Text(Attribute.Name) ?? "",
            Mac = attributes.Bytes(Attribute.Address) is { Length: MacAddress.Size } mac ? MacAddress.Of(mac.Span) : null,
            Mtu = attributes.Number(Attribute.Mtu) ?? 0,
            Kind = kind,
            Master = (int?)attributes.Number(Attribute.Master),
            Lower = attributes.Number(Attribute.Link) is { } lower and not 0 ? (int)lower : null,
            LowerNamespace = (int?)attributes.Number(Attribute.LinkNamespace),
            VlanId = kind == "vlan" ? info?.Nested(Attribute.InfoData)?.Word(Attribute.VlanId) : null,
            Xdp = attributes.Nested(Attribute.Xdp) is { } xdp ? ReadXdp(xdp) : CarriedXdp.None,
        };
    }

    /// <summary>
    /// IFLA_XDP names the program of each mode; kernels before 4.19 name only one, whose mode is in IFLA_XDP_ATTACHED.
    /// </summary>
    private static CarriedXdp ReadXdp(NetlinkAttributes xdp)
    {
        var attached = xdp.Byte(Attribute.XdpAttached) ?? 0;
        var only = xdp.Number(Attribute.XdpProgram);
        return new CarriedXdp(
            xdp.Number(Attribute.XdpNative) ?? If(XdpMode.Native),
            xdp.Number(Attribute.XdpGeneric) ?? If(XdpMode.Generic),
            xdp.Number(Attribute.XdpHardware) ?? If(XdpMode.Hardware));

        uint? If(XdpMode mode) => attached == (byte)mode ? only : null;
    }

    /// <summary>IFLA_* of include/uapi/linux/if_link.h.</summary>
    private static class Attribute
    {
        public const ushort Address = 1;
        public const ushort Name = 3;
        public const ushort Mtu = 4;
        public const ushort Link = 5;
        public const ushort Master = 10;
        public const ushort LinkInfo = 18;
        public const ushort LinkNamespace = 37;
        public const ushort Xdp = 43;
        public const ushort InfoKind = 1;
        public const ushort InfoData = 2;
        public const ushort VlanId = 1;
        public const ushort XdpAttached = 2;
        public const ushort XdpProgram = 4;
        public const ushort XdpNative = 5;
        public const ushort XdpGeneric = 6;
        public const ushort XdpHardware = 7;
    }
}
