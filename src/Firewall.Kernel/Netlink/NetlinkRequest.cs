using System.Buffers.Binary;
using System.Text;

namespace Firewall.Kernel.Netlink;

/// <summary>
/// A netlink message in the making: <c>struct nlmsghdr</c>, a family's fixed header, then attributes, all padded to four
/// bytes (netlink(7), rtnetlink(7)). Numbers are in the machine's order, which is little endian wherever we run.
/// </summary>
internal sealed class NetlinkRequest
{
    public const int HeaderSize = 16;

    private const ushort Nested = 0x8000;

    private readonly List<byte> _bytes = [.. new byte[HeaderSize]];

    public NetlinkRequest(ushort type, NetlinkFlags flags, ReadOnlySpan<byte> familyHeader)
    {
        Type = type;
        Flags = flags | NetlinkFlags.Request;
        _bytes.AddRange(familyHeader);
        Pad();
    }

    public ushort Type { get; }

    public NetlinkFlags Flags { get; }

    public NetlinkRequest With(ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(header.Length + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], attribute);
        _bytes.AddRange(header);
        _bytes.AddRange(value);
        Pad();
        return this;
    }

    public NetlinkRequest With(ushort attribute, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return With(attribute, bytes);
    }

    /// <summary>A number in network order, as nfnetlink wants them.</summary>
    public NetlinkRequest WithBigEndian(ushort attribute, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return With(attribute, bytes);
    }

    /// <summary>An attribute that holds the attributes which <paramref name="write"/> adds (NLA_F_NESTED).</summary>
    public NetlinkRequest WithNested(ushort attribute, Action<NetlinkRequest> write)
    {
        var start = _bytes.Count;
        With((ushort)(attribute | Nested), []);
        write(this);
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)(_bytes.Count - start));
        (_bytes[start], _bytes[start + 1]) = (length[0], length[1]);
        return this;
    }

    public NetlinkRequest With(ushort attribute, string text) => With(attribute, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>The finished message under the sequence number that its answers will carry.</summary>
    public byte[] ToBytes(uint sequence)
    {
        var message = _bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), Type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), (ushort)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), sequence);
        return message;
    }

    private void Pad()
    {
        while (_bytes.Count % 4 != 0)
        {
            _bytes.Add(0);
        }
    }
}

/// <summary>NLM_F_* of include/uapi/linux/netlink.h.</summary>
[Flags]
internal enum NetlinkFlags : ushort
{
    None = 0,
    Request = 0x01,
    Multipart = 0x02,
    Acknowledge = 0x04,
    DumpInterrupted = 0x10,
    Root = 0x100,
    Match = 0x200,
    Dump = Root | Match,

    /// <summary>Of requests that make something: take it as it is when it is there already.</summary>
    Create = 0x400,
    Append = 0x800,
}
