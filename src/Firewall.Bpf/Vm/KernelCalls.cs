using System.Buffers.Binary;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Vm;

/// <summary>The kernel functions that programs call by name, as far as they are simulated: connections (net/netfilter/nf_conntrack_bpf.c).</summary>
internal sealed class KernelCalls
{
    private const int Tcp = 6, Udp = 17;
    private const int TupleIPv4 = 12, TupleIPv6 = 36;

    // struct bpf_ct_opts; 16 bytes since Linux 6.11, and 12 for older programs.
    private const int OptionsSize = 12, LargerOptionsSize = 16;
    private const int ErrorPlace = 4, ProtocolPlace = 8, DirectionPlace = 9;
    private const int CurrentNamespace = -1;

    private static readonly KernelFunction[] Known = [KernelFunction.XdpConnectionLookup, KernelFunction.ConnectionRelease];

    private readonly DecodedCode _code;
    private readonly AddressSpace _memory;
    private readonly ConnectionLookup? _connections;
    private readonly MemoryRegion _connection;

    public KernelCalls(DecodedCode code, AddressSpace memory, VmOptions options)
    {
        (_code, _memory, _connections) = (code, memory, options.Connections);
        _connection = memory.Add(AddressSpace.ConnectionRegion, "connection", cellSize: 8, writable: false);
    }

    /// <summary>What stands for the function in decoded code; negative when it is not simulated.</summary>
    public static int NumberOf(KernelFunction function) => Array.IndexOf(Known, function);

    /// <summary>Where a member lies in the structure as it is simulated; null when it is not.</summary>
    public static int? PlaceOf(KernelField field) => field is { Structure: "nf_conn", Path: "status" } ? 0 : null;

    /// <summary>R0 after the call.</summary>
    public ulong Call(int number, ReadOnlySpan<ulong> registers, int pc) => number switch
    {
        0 when _connections is { } connections => Lookup(connections, registers, pc),
        1 when _connections is not null => Release(registers[1], pc),
        _ => throw _code.Fault(pc, 0, $"kernel function {(number < 0 ? "" : $"{Known[number].Name} ")}is not simulated"),
    };

    private ulong Lookup(ConnectionLookup connections, ReadOnlySpan<ulong> registers, int pc)
    {
        if (registers[1] != AddressSpace.StartOf(AddressSpace.ContextRegion)) { throw _code.Fault(pc, registers[1], "not the context"); }
        if (_connection.Bytes.Length > 0) { throw _code.Fault(pc, 0, "a connection has not been released"); }
        var (tupleSize, size) = ((int)registers[3], (int)registers[5]);
        var tuple = _memory.Read(registers[2], tupleSize, pc);
        var options = _memory.Write(registers[4], size, pc);
        var error = size is not (OptionsSize or LargerOptionsSize) || BinaryPrimitives.ReadInt32LittleEndian(options) != CurrentNamespace ? Errno.Invalid
            : tupleSize is not (TupleIPv4 or TupleIPv6) ? Errno.Invalid
            : options[ProtocolPlace] is not (Tcp or Udp) ? Errno.NoProtocol
            : 0;
        var found = error == 0 ? connections(tuple, options[ProtocolPlace]) : null;
        if (found is not { } connection)
        {
            BinaryPrimitives.WriteInt32LittleEndian(options[ErrorPlace..], (int)(error == 0 ? Errno.NoEntry : error));
            return 0;
        }

        options[DirectionPlace] = connection.IsReply ? (byte)1 : (byte)0;
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, connection.Status);
        _connection.Bytes = bytes;
        return _connection.AddressOf(0);
    }

    private ulong Release(ulong address, int pc)
    {
        if (_connection.Bytes.Length == 0 || address != _connection.AddressOf(0)) { throw _code.Fault(pc, address, $"0x{address:x} is no connection"); }
        _connection.Bytes = [];
        return 0;
    }
}
