using System.Runtime.InteropServices;

namespace Firewall.Bpf.Vm;

/// <summary>
/// The frames of a run: each has its own window of registers and 512 bytes of stack, so a call saves nothing.
/// Fresh windows and stacks hold a pattern, so that what reads before it writes is seen.
/// </summary>
internal sealed class CallStack
{
    public const int MostFrames = 8;
    public const int FrameSize = 512;

    /// <summary>R1 to R5, behind R0.</summary>
    public const int Arguments = 6;

    /// <summary>What registers hold that the verifier would not let anyone read.</summary>
    public const ulong Unreadable = 0xa5a5_a5a5_a5a5_a5a5;

    private const int Window = 16;
    private const int FramePointer = 10;
    private const byte UnwrittenByte = 0xa5;
    private readonly ulong[] _registers = new ulong[MostFrames * Window];
    private readonly MemoryRegion _memory;
    private readonly Frame[] _frames = new Frame[MostFrames];

    public CallStack(AddressSpace space)
    {
        _memory = space.Add(AddressSpace.StackRegion, "stack", FrameSize, writable: true);
        _memory.Bytes = new byte[MostFrames * FrameSize];
    }

    /// <summary>0 in the program itself.</summary>
    public int Depth { get; private set; }

    /// <summary>Tail calls made in this run.</summary>
    public int TailCalls { get; set; }

    public ref Frame Top => ref _frames[Depth];

    public Span<ulong> Registers => _registers.AsSpan(Depth * Window, Window);

    /// <summary>Begins a run; returns the registers of the program.</summary>
    public Span<ulong> Start()
    {
        Depth = 0;
        TailCalls = 0;
        return Open(new Frame { Callback = -1 });
    }

    /// <summary>Enters a function with the caller's arguments.</summary>
    public Span<ulong> Push(Frame frame)
    {
        var caller = Registers;
        Depth++;
        var callee = Open(frame);
        caller[1..6].CopyTo(callee[1..]);
        return callee;
    }

    /// <summary>Leaves a function; returns the caller's registers.</summary>
    public Span<ulong> Pop()
    {
        Depth--;
        return Registers;
    }

    private Span<ulong> Open(Frame frame)
    {
        _frames[Depth] = frame;
        _memory.Cell(Depth).Fill(UnwrittenByte);
        var registers = Registers;
        registers.Fill(Unreadable);
        registers[FramePointer] = _memory.AddressOf(Depth) + FrameSize;
        return registers;
    }

    /// <summary>Where a frame returns to, and the state of the <c>bpf_loop</c> or <c>bpf_for_each_map_elem</c> that called it, if one did.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct Frame
    {
        public int ReturnTo;

        /// <summary>Start of the callback, or -1 for an ordinary call.</summary>
        public int Callback;
        public uint Iteration;
        public uint Iterations;
        public ulong LoopContext;

        /// <summary>Of <c>bpf_for_each_map_elem</c>: what is visited.</summary>
        public MapVisit? Visit;
    }
}
