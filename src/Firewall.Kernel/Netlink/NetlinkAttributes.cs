using System.Buffers.Binary;
using System.Text;

namespace Firewall.Kernel.Netlink;

/// <summary>The attributes of a message by number; attributes may nest (<c>struct nlattr</c>, netlink(7)).</summary>
internal sealed class NetlinkAttributes
{
    /// <summary>NLA_F_NESTED and NLA_F_NET_BYTEORDER are marks, not part of the number.</summary>
    private const ushort NumberMask = 0x3fff;

    private readonly Dictionary<ushort, ReadOnlyMemory<byte>> _values = [];

    public static NetlinkAttributes Parse(ReadOnlyMemory<byte> bytes)
    {
        var attributes = new NetlinkAttributes();
        while (bytes.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span);
            if (length < 4 || length > bytes.Length)
            {
                break;
            }

            var number = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[2..]) & NumberMask);
            attributes._values[number] = bytes[4..length];
            bytes = bytes[Math.Min(NetlinkMessage.Align(length), bytes.Length)..];
        }

        return attributes;
    }

    /// <summary>Null when the attribute is missing; an attribute may also be there and empty.</summary>
    public ReadOnlyMemory<byte>? Bytes(ushort number) => _values.TryGetValue(number, out var value) ? value : default(ReadOnlyMemory<byte>?);

    public byte? Byte(ushort number) => Bytes(number) is { Length: >= 1 } value ? value.Span[0] : null;

    public ushort? Word(ushort number) => Bytes(number) is { Length: >= 2 } value ? BinaryPrimitives.ReadUInt16LittleEndian(value.Span) : null;

    public uint? Number(ushort number) => Bytes(number) is { Length: >= 4 } value ? BinaryPrimitives.ReadUInt32LittleEndian(value.Span) : null;

    public string? Text(ushort number) => Bytes(number) is { } value ? Encoding.UTF8.GetString(value.Span).TrimEnd('\0') : null;

    public NetlinkAttributes? Nested(ushort number) => Bytes(number) is { } value ? Parse(value) : null;
}
