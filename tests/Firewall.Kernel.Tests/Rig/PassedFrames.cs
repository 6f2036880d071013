using System.Buffers.Binary;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Network;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>
/// Frames that arrive at an interface and get past XDP: a packet socket (packet(7)) hears what comes in only behind it
/// (__netif_receive_skb_core in net/core/dev.c).
/// </summary>
internal sealed unsafe class PassedFrames : IDisposable
{
    private const int PacketFamily = 17;
    private const int RawAndNonBlocking = 3 | 0x800;
    private const ushort EveryProtocol = 3;
    private const int LongestFrame = 1 << 16;
    private const int SourceMac = 6;

    private readonly FileDescriptor _descriptor;
    private readonly MacAddress _sender;

    /// <summary>Hears frames from that sender, in the network namespace of the calling thread.</summary>
    public PassedFrames(int interfaceIndex, MacAddress sender)
    {
        _sender = sender;
        _descriptor = new FileDescriptor(LibC.Socket(PacketFamily, RawAndNonBlocking, BinaryPrimitives.ReverseEndianness(EveryProtocol)));
        Span<byte> address = stackalloc byte[20];
        BinaryPrimitives.WriteUInt16LittleEndian(address, PacketFamily);
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], EveryProtocol);
        BinaryPrimitives.WriteInt32LittleEndian(address[4..], interfaceIndex);
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = address)
        {
            Assert.Equal(0, LibC.Bind(loan.Number, bytes, (uint)address.Length));
        }

        Count();
    }

    /// <summary>How many were heard since the last call.</summary>
    public int Count()
    {
        var (count, buffer) = (0, new byte[LongestFrame]);
        using var loan = _descriptor.Lend();
        while (true)
        {
            fixed (byte* bytes = buffer)
            {
                var length = LibC.Receive(loan.Number, bytes, buffer.Length, 0);
                if (length <= 0) { return count; }
                if (length >= SourceMac + MacAddress.Size && MacAddress.Of(buffer.AsSpan(SourceMac)) == _sender) { count++; }
            }
        }
    }

    public void Dispose() => _descriptor.Dispose();
}
