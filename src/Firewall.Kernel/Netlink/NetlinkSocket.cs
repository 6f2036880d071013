using System.Buffers.Binary;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Netlink;

/// <summary>A netlink socket of the network namespace that the opening thread is in; it stays there whoever uses it.</summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    public const int Route = 0;
    public const int Netfilter = 12;

    private const int AddressFamily = 16;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const int DontWait = 0x40;
    private const int BufferSize = 1 << 17;

    private readonly FileDescriptor _descriptor;
    private readonly byte[] _buffer = new byte[BufferSize];
    private uint _sequence;

    public NetlinkSocket(int protocol)
    {
        var number = LibC.Socket(AddressFamily, Raw | CloseOnExec, protocol);
        _descriptor = number >= 0 ? new FileDescriptor(number) : throw Refusal.OfLast("open a netlink socket");
        Span<byte> address = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(address, AddressFamily);
        fixed (byte* bytes = address)
        {
            if (LibC.Bind(number, bytes, (uint)address.Length) != 0)
            {
                var refusal = Refusal.OfLast("bind a netlink socket");
                _descriptor.Dispose();
                throw refusal;
            }
        }
    }

    /// <summary>Every answer to a dump request. A dump that the kernel says was disturbed by a change is asked again.</summary>
    public List<NetlinkMessage> Dump(NetlinkRequest request, string operation)
    {
        const int Attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            var messages = Exchange(request, operation, out var disturbed);
            if (!disturbed || attempt == Attempts)
            {
                return messages;
            }
        }
    }

    /// <summary>A request that is answered by an acknowledgement, possibly after some messages.</summary>
    public List<NetlinkMessage> Ask(NetlinkRequest request, string operation) => Exchange(request, operation, out _);

    /// <summary>
    /// Several requests in one datagram, as nfnetlink takes its transactions. All but the delimiters must ask for an acknowledgement; the first
    /// refusal is thrown.
    /// </summary>
    public void AskAll(IReadOnlyList<NetlinkRequest> requests, string operation)
    {
        var first = _sequence + 1;
        Send([.. requests.SelectMany(request => request.ToBytes(++_sequence))], operation);
        var open = requests
            .Select((request, i) => (request, Sequence: first + (uint)i))
            .Where(pair => pair.request.Flags.HasFlag(NetlinkFlags.Acknowledge))
            .Select(pair => pair.Sequence)
            .ToHashSet();
        var refusal = Errno.None;
        while (open.Count > 0)
        {
            var length = Receive(flags: 0);
            if (length < 0)
            {
                throw Refusal.OfLast(operation);
            }

            foreach (var message in NetlinkMessage.Split(_buffer.AsMemory(0, length).ToArray()))
            {
                if (message.Type != NetlinkMessage.Error || message.Sequence < first)
                {
                    continue;
                }

                var error = (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(message.Span));
                refusal = refusal == Errno.None ? error : refusal;

                // A delimiter that is refused takes the whole transaction with it.
                if (!open.Remove(message.Sequence) && error != Errno.None)
                {
                    open.Clear();
                }
            }
        }

        if (refusal != Errno.None)
        {
            throw Refusal.Of(refusal, operation);
        }
    }

    /// <summary>What arrived since the last call, without waiting; empty when nothing did.</summary>
    public ReadOnlySpan<byte> ReceiveNow()
    {
        var length = Receive(DontWait);
        if (length >= 0)
        {
            return _buffer.AsSpan(0, length);
        }

        return LibC.LastError == Errno.EAGAIN ? default : throw Refusal.OfLast("receive from netlink");
    }

    public void Dispose() => _descriptor.Dispose();

    private List<NetlinkMessage> Exchange(NetlinkRequest request, string operation, out bool disturbed)
    {
        var sequence = ++_sequence;
        Send(request.ToBytes(sequence), operation);
        var answers = new List<NetlinkMessage>();
        disturbed = false;
        while (true)
        {
            var length = Receive(flags: 0);
            if (length < 0)
            {
                throw Refusal.OfLast(operation);
            }

            foreach (var message in NetlinkMessage.Split(_buffer.AsMemory(0, length).ToArray()))
            {
                if (message.Sequence != sequence)
                {
                    continue;
                }

                disturbed |= message.Flags.HasFlag(NetlinkFlags.DumpInterrupted);
                switch (message.Type)
                {
                    case NetlinkMessage.Done:
                        return answers;
                    case NetlinkMessage.Error:
                        var error = (Errno)(-BinaryPrimitives.ReadInt32LittleEndian(message.Span));
                        return error == Errno.None ? answers : throw Refusal.Of(error, operation);
                    default:
                        answers.Add(message);
                        break;
                }
            }
        }
    }

    private void Send(byte[] message, string operation)
    {
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = message)
        {
            if (LibC.Send(loan.Number, bytes, message.Length, 0) != message.Length)
            {
                throw Refusal.OfLast(operation);
            }
        }
    }

    private int Receive(int flags)
    {
        using var loan = _descriptor.Lend();
        fixed (byte* bytes = _buffer)
        {
            return (int)LibC.Receive(loan.Number, bytes, _buffer.Length, flags);
        }
    }
}
