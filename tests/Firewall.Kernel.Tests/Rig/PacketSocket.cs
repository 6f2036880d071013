using System.Buffers.Binary;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>Sends raw Ethernet frames out of one interface (packet(7)).</summary>
internal sealed unsafe class PacketSocket : IDisposable
{
    private const int AddressFamily = 17;
    private const int Raw = 3;

    private readonly FileDescriptor _descriptor;

    /// <summary>In the network namespace of the calling thread.</summary>
    public PacketSocket(int interfaceIndex)
    {
        _descriptor = new FileDescriptor(LibC.Socket(AddressFamily, Raw, 0));
        Span<byte> address = stackalloc byte[20];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AddressFamily);
        BinaryPrimitives.WriteInt32LittleEndian(address[4..], interfaceIndex);
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = address)
        {
            Assert.Equal(0, LibC.Bind(loan.Number, bytes, (uint)address.Length));
        }
    }

    public void Send(ReadOnlySpan<byte> frame)
    {
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = frame)
        {
            Assert.Equal(frame.Length, LibC.Send(loan.Number, bytes, frame.Length, 0));
        }
    }

    public void Dispose() => _descriptor.Dispose();
}
