using System.Buffers.Binary;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Vm;

/// <summary>The helper functions that return to the next instruction; tail calls and loops are the interpreter's own.</summary>
internal sealed class HelperCalls(DecodedCode code, AddressSpace memory, VmMap[] maps, PacketMemory packet, VmOptions options)
{
    private const long LargestXdpAccess = 0xffff;

    /// <summary>MAX_BPF_STACK: a longer key could not be looked up.</summary>
    private const int LargestKey = 512;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Address of the spin lock that is held; 0 for none.</summary>
    private ulong _held;

    private bool HoldsLock => _held != 0;

    /// <summary>Where the callback of <c>bpf_for_each_map_elem</c> finds the key.</summary>
    public MemoryRegion Keys { get; } = memory.Add(AddressSpace.KeyRegion, "key", LargestKey, writable: false);

    /// <summary>Begins a run.</summary>
    public void Start() => _held = 0;

    /// <summary>Faults while a lock is held; nothing may be called then, and no function may be left.</summary>
    public void CheckNoLock(int pc)
    {
        if (HoldsLock) { throw code.Fault(pc, _held, "a spin lock is held"); }
    }

    /// <summary>sizeof(struct bpf_fib_lookup).</summary>
    private const int RouteLookupSize = 64;

    /// <summary>Functions that have no number.</summary>
    public KernelCalls Kernel { get; } = new(code, memory, options);

    /// <summary>R0 after the call.</summary>
    public ulong Call(int number, ReadOnlySpan<ulong> registers, int pc)
    {
        if (number == HelperFunction.SpinUnlock) { return Unlock(registers[1], pc); }
        CheckNoLock(pc);
        return Dispatch(number, registers, pc);
    }

    private ulong Dispatch(int number, ReadOnlySpan<ulong> registers, int pc) => number switch
    {
        HelperFunction.MapLookupElement => Lookup(registers, pc),
        HelperFunction.MapUpdateElement => Update(registers, pc),
        HelperFunction.MapDeleteElement => Delete(registers, pc),
        HelperFunction.KtimeGetNanoseconds => (ulong)Nanoseconds(),
        HelperFunction.GetPrandomU32 when options.Draw is { } draw => draw(),
        HelperFunction.GetPrandomU32 => (uint)options.Random.NextInt64(1L << 32),
        HelperFunction.GetSmpProcessorId => (uint)options.Cpu,
        HelperFunction.KtimeGetTaiNanoseconds => TaiNanoseconds(),
        HelperFunction.SpinLock => Lock(registers[1], pc),
        HelperFunction.Jiffies64 when options.Jiffies is { } jiffies => jiffies(),
        HelperFunction.Jiffies64 => (ulong)((Int128)Nanoseconds() * options.JiffiesPerSecond / NanosecondsPerSecond),
        HelperFunction.KtimeGetBootNanoseconds or HelperFunction.KtimeGetCoarseNanoseconds => (ulong)Nanoseconds(),
        HelperFunction.RingbufOutput => (ulong)Ring(registers[1], pc).Output(memory.Read(registers[2], (int)registers[3], pc), registers[4]),
        HelperFunction.RingbufReserve => Reserve(registers, pc),
        HelperFunction.RingbufSubmit => Close(registers, pc, discards: false),
        HelperFunction.RingbufDiscard => Close(registers, pc, discards: true),
        HelperFunction.XdpGetBufferLength => BufferLength(registers, pc),
        HelperFunction.XdpLoadBytes => LoadBytes(registers, pc),
        HelperFunction.XdpAdjustHead => Adjust(registers, pc, packet.AdjustHead),
        HelperFunction.XdpAdjustTail => Adjust(registers, pc, packet.AdjustTail),
        HelperFunction.CsumDiff => ChecksumDifference(registers, pc),
        HelperFunction.FibLookup when options.Routes is { } routes => AskRoutes(routes, registers, pc),
        _ => throw code.Fault(pc, 0, $"helper {HelperFunction.NameOf(number)}#{number} is not simulated"),
    };

    public VmMap Map(ulong handle, int pc)
    {
        var index = handle - AddressSpace.StartOf(AddressSpace.MapHandleRegion);
        return index < (ulong)maps.Length ? maps[index] : throw code.Fault(pc, handle, $"0x{handle:x} is no map");
    }

    public void CheckContext(ulong address, int pc)
    {
        if (address != AddressSpace.StartOf(AddressSpace.ContextRegion))
        {
            throw code.Fault(pc, address, $"0x{address:x} is not the context");
        }
    }

    private ulong Lookup(ReadOnlySpan<ulong> registers, int pc)
    {
        var map = Map(registers[1], pc);
        var cell = map.Find(memory.Read(registers[2], map.Spec.KeySize, pc));
        return cell < 0 ? 0 : map.Region.AddressOf(cell);
    }

    private ulong Update(ReadOnlySpan<ulong> registers, int pc)
    {
        var map = Map(registers[1], pc);
        var key = memory.Read(registers[2], map.Spec.KeySize, pc);
        var value = memory.Read(registers[3], map.Spec.ValueSize, pc);
        return (ulong)map.Update(key, value, registers[4]);
    }

    private ulong Delete(ReadOnlySpan<ulong> registers, int pc)
    {
        var map = Map(registers[1], pc);
        return (ulong)map.Delete(memory.Read(registers[2], map.Spec.KeySize, pc));
    }

    private ulong Lock(ulong address, int pc)
    {
        if (!maps.Any(m => m.Spec.Lock is { } at && m.Region.IsAt(address, at))) { throw code.Fault(pc, address, $"0x{address:x} is no spin lock"); }
        _held = address;
        return 0;
    }

    private ulong Unlock(ulong address, int pc)
    {
        if (address != _held) { throw code.Fault(pc, address, $"0x{address:x} is not the spin lock that is held"); }
        _held = 0;
        return 0;
    }

    private ulong TaiNanoseconds() =>
        ((ulong)(options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100) + ((ulong)options.TaiOffset * NanosecondsPerSecond);

    private VmRingBuffer Ring(ulong handle, int pc) =>
        Map(handle, pc) as VmRingBuffer ?? throw code.Fault(pc, handle, $"{Map(handle, pc).Spec.Name} is no ring buffer");

    private ulong Reserve(ReadOnlySpan<ulong> registers, int pc)
    {
        var ring = Ring(registers[1], pc);
        return ring.HasOpen ? throw code.Fault(pc, 0, $"{ring.Spec.Name} has a reserved record already") : ring.Reserve((int)registers[2], registers[3]);
    }

    private ulong Close(ReadOnlySpan<ulong> registers, int pc, bool discards)
    {
        var address = registers[1];
        var ring = maps.OfType<VmRingBuffer>().FirstOrDefault(r => r.IsOpen(address))
            ?? throw code.Fault(pc, address, $"0x{address:x} is no reserved record");
        ring.Close(discards);
        return 0;
    }

    private long Nanoseconds() =>
        (long)((Int128)options.Clock.GetTimestamp() * NanosecondsPerSecond / options.Clock.TimestampFrequency);

    private ulong BufferLength(ReadOnlySpan<ulong> registers, int pc)
    {
        CheckContext(registers[1], pc);
        return (ulong)packet.FrameLength;
    }

    /// <summary>Reaches the whole frame, fragments included (net/core/filter.c, bpf_xdp_load_bytes).</summary>
    private ulong LoadBytes(ReadOnlySpan<ulong> registers, int pc)
    {
        CheckContext(registers[1], pc);
        var offset = (uint)registers[2];
        var length = (uint)registers[4];
        if (offset > LargestXdpAccess || length > LargestXdpAccess)
        {
            return unchecked((ulong)Errno.BadAddress);
        }

        if (offset + length > (uint)packet.FrameLength)
        {
            return unchecked((ulong)Errno.Invalid);
        }

        packet.Frame.Slice((int)offset, (int)length).CopyTo(memory.Write(registers[3], (int)length, pc));
        return 0;
    }

    private ulong Adjust(ReadOnlySpan<ulong> registers, int pc, Func<int, long> adjust)
    {
        CheckContext(registers[1], pc);
        return (ulong)adjust((int)registers[2]);
    }

    /// <summary>
    /// The 16-bit sum of the second bytes and the seed, less that of the first (net/core/filter.c, bpf_csum_diff; kernels before 6.13 leave it in 32 bits).
    /// </summary>
    private ulong ChecksumDifference(ReadOnlySpan<ulong> registers, int pc)
    {
        var (from, to) = ((uint)registers[2], (uint)registers[4]);
        if (((from | to) & 3) != 0) { return unchecked((ulong)Errno.Invalid); }
        ulong sum = (uint)registers[5];
        sum += Sum(to == 0 ? [] : memory.Read(registers[3], (int)to, pc));
        if (from != 0) { sum += ~Fold(Sum(memory.Read(registers[1], (int)from, pc))) & 0xffff; }
        return Fold(sum);
    }

    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        for (; bytes.Length >= 2; bytes = bytes[2..]) { sum += BinaryPrimitives.ReadUInt16LittleEndian(bytes); }
        return sum;
    }

    private static ulong Fold(ulong sum)
    {
        while (sum > ushort.MaxValue) { sum = (sum & ushort.MaxValue) + (sum >> 16); }
        return sum;
    }

    private ulong AskRoutes(RouteLookup routes, ReadOnlySpan<ulong> registers, int pc)
    {
        CheckContext(registers[1], pc);
        var size = (int)(uint)registers[3];
        return size < RouteLookupSize ? unchecked((ulong)Errno.Invalid) : (ulong)routes(memory.Write(registers[2], size, pc), (uint)registers[4]);
    }
}
