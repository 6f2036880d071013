using System.Buffers.Binary;
using System.Text;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Tests.Oracle;

/// <summary>
/// An Ethernet interface whose cable ends in this process (Documentation/networking/tuntap.rst). A frame written here has gone
/// all its way through the stack when write(2) returns: without IFF_NAPI tun_get_user calls netif_receive_skb itself.
/// </summary>
internal sealed unsafe class TapDevice : IDisposable
{
    private const int ReadWrite = 2;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const nuint SetInterface = 0x400454ca;
    private const short Tun = 0x0001;
    private const short Tap = 0x0002;
    private const short NoPacketInformation = 0x1000;
    private const int RequestSize = 40;
    private const int NameSize = 16;

    private readonly FileDescriptor _descriptor;

    /// <summary>Makes the interface in the network namespace of the calling thread.</summary>
    /// <param name="hasLinkHeader">Else it is no Ethernet: packets are written and read from their IP header on.</param>
    public TapDevice(string name, bool hasLinkHeader = true)
    {
        var number = LibC.Open("/dev/net/tun", ReadWrite | NonBlocking | CloseOnExec);
        _descriptor = number >= 0 ? new FileDescriptor(number) : throw Refusal.OfLast("open /dev/net/tun");
        Span<byte> request = stackalloc byte[RequestSize];
        Encoding.ASCII.GetBytes(name, request[..(NameSize - 1)]);
        BinaryPrimitives.WriteInt16LittleEndian(request[NameSize..], (short)((hasLinkHeader ? Tap : Tun) | NoPacketInformation));
        fixed (byte* bytes = request)
        {
            if (LibC.IoControl(number, SetInterface, bytes) != 0)
            {
                throw Refusal.OfLast($"make tap device {name}");
            }
        }
    }

    /// <summary>Lets a frame arrive at the interface. The stack may refuse a frame at once (EINVAL), which is a way of dropping it.</summary>
    public void Write(ReadOnlySpan<byte> frame)
    {
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = frame)
        {
            LibC.Write(loan.Number, bytes, frame.Length);
        }
    }

    /// <summary>The next frame that the stack sent out of the interface; empty when there is none.</summary>
    public byte[] Read()
    {
        var buffer = new byte[1 << 16];
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = buffer)
        {
            var length = LibC.Read(loan.Number, bytes, buffer.Length);
            return length <= 0 ? [] : buffer[..(int)length];
        }
    }

    public void Dispose() => _descriptor.Dispose();
}
