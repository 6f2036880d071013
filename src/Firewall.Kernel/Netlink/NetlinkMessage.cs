using System.Buffers.Binary;

namespace Firewall.Kernel.Netlink;

/// <summary>One message received: its type and what follows <c>struct nlmsghdr</c>.</summary>
internal sealed record NetlinkMessage(ushort Type, NetlinkFlags Flags, uint Sequence, ReadOnlyMemory<byte> Payload)
{
    public const ushort Error = 2;
    public const ushort Done = 3;

    public ReadOnlySpan<byte> Span => Payload.Span;

    /// <summary>The attributes behind a family header of <paramref name="familyHeader"/> bytes.</summary>
    public NetlinkAttributes Attributes(int familyHeader) => NetlinkAttributes.Parse(Payload[Math.Min(Align(familyHeader), Payload.Length)..]);

    /// <summary>Splits what one recv(2) brought into messages.</summary>
    public static IEnumerable<NetlinkMessage> Split(ReadOnlyMemory<byte> datagram)
    {
        while (datagram.Length >= NetlinkRequest.HeaderSize)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(datagram.Span);
            if (length < NetlinkRequest.HeaderSize || length > datagram.Length)
            {
                yield break;
            }

            yield return new NetlinkMessage(
                BinaryPrimitives.ReadUInt16LittleEndian(datagram.Span[4..]),
                (NetlinkFlags)BinaryPrimitives.ReadUInt16LittleEndian(datagram.Span[6..]),
                BinaryPrimitives.ReadUInt32LittleEndian(datagram.Span[8..]),
                datagram[NetlinkRequest.HeaderSize..length]);
            datagram = datagram[Math.Min(Align(length), datagram.Length)..];
        }
    }

    internal static int Align(int length) => (length + 3) & ~3;
}
