using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The layout of the per-CPU value in which a packet's facts live while it is judged: the program reads headers once, and every
/// rule reads from here. Values from a map are unknown to the verifier, so it walks each rule once however it got there.
/// </summary>
public sealed class Scratch
{
    /// <summary>Holds the value in every function of the program.</summary>
    public static readonly Register Base = Register.R9;

    // What run and test-run read back.
    public const short Verdict = 0;
    public const short Rule = 4;
    public const short Reason = 8;
    public const short Hotdrop = 12;

    /// <summary>u64: the length that byte counters grow by.</summary>
    public const short Bytes = 16;

    /// <summary>u32: 1 when the packet may yet be deferred in the middle of a walk, so that counters wait in the log.</summary>
    public const short Risky = 24;
    public const short LogCount = 28;

    /// <summary>u64: all ones when the input device is in the map of interfaces, else 0.</summary>
    public const short InterfaceKnown = 32;

    // Places in the frame, u32, in bytes from its first byte.
    public const short NetworkOffset = 40;
    public const short TransportOffset = 44;
    public const short PacketEnd = 48;
    public const short TransportLength = 52;

    /// <summary>u32: bytes between data and data_end.</summary>
    public const short LinearLength = 56;

    /// <summary>u32: where a tail call goes on.</summary>
    public const short Entry = 60;

    /// <summary>u64: all ones when the IPv6 extension headers lead to a protocol, else 0.</summary>
    public const short ChainIntact = 64;

    /// <summary>u32: IPv4 protocol, or where the IPv6 walk ended.</summary>
    public const short Protocol = 72;

    /// <summary>u32: fragment offset and flags; IPv4 as in the header, IPv6 as in the fragment header; 0 without one.</summary>
    public const short FragmentWord = 76;

    /// <summary>u32 each, in the order of the extension headers in <c>HeaderBase</c>; 0 when absent.</summary>
    public const short ExtensionOffsets = 80;

    /// <summary>u32: not 0 when an extension header that was not met is just absent, so that rules which ask for it do not match.</summary>
    public const short AbsenceIsCertain = 100;

    /// <summary>u32: the part that a round goes on in.</summary>
    public const short NextPart = 104;

    /// <summary>u32: not 0 once conntrack has been asked about the packet, see <see cref="Tracking"/>.</summary>
    public const short TrackAsked = 108;

    /// <summary>u32: what conntrack answered.</summary>
    public const short TrackLookup = 112;

    /// <summary>u32: the states that the connection may be in, by <c>TrackState</c>.</summary>
    public const short TrackStates = 116;

    /// <summary>u32: the entry's status bits when there is an entry.</summary>
    public const short TrackStatus = 120;

    /// <summary>u32: not 0 once the packet is routed and its output device is in the map of interfaces.</summary>
    public const short OutInterfaceKnown = 124;

    /// <summary>u64 each: the variables of a search, see <c>SearchEmitter</c>.</summary>
    public const short Locals = 128;

    /// <summary>Variables that a search may have.</summary>
    public const int MostLocals = 8;

    private const short FirstFree = Locals + (8 * MostLocals);

    /// <summary>Entries of the log of matched rules; a risky packet that matches more is deferred.</summary>
    public const int LogCapacity = 1024;

    /// <summary>Largest value a per-CPU map takes (the kernel's PCPU_MIN_UNIT_SIZE).</summary>
    private const int Limit = 32 * 1024;

    private int _next = FirstFree;

    /// <summary>Where the log begins; it is the last to be allocated.</summary>
    public int Log { get; private set; }

    /// <summary>Reserves <paramref name="bytes"/> bytes aligned to eight.</summary>
    public short Allocate(int bytes)
    {
        var place = _next;
        _next += (bytes + 7) & ~7;
        if (_next + (LogCapacity * 4) > Limit) { throw new BudgetExceededException("scratch memory", _next + (LogCapacity * 4), Limit, "bytes"); }
        return (short)place;
    }

    /// <summary>Where the copy of the packet begins, for programs that make one; the IP header behind its Ethernet header is aligned.</summary>
    public int Frame { get; private set; }

    /// <summary>Bytes of the copy, the Ethernet header included.</summary>
    public int FrameSize { get; private set; }

    /// <summary>The map, once everything has been allocated.</summary>
    /// <param name="copied">Bytes wanted for a copy of the packet; there may be room for fewer.</param>
    public MapSpec Seal(int copied = 0)
    {
        Log = _next;
        var end = _next + (LogCapacity * 4);
        Frame = end + 2;
        FrameSize = Math.Min(copied, Limit - Frame);
        return Map with { ValueSize = copied == 0 ? end : (Frame + FrameSize + 7) & ~7 };
    }

    /// <summary>The map as instructions name it; its final size comes from <see cref="Seal"/>.</summary>
    public static readonly MapSpec Map = new("scratch", MapType.PerCpuArray, KeySize: 4, ValueSize: 8, MaxEntries: 1);

    /// <summary>Makes <see cref="Base"/> point at the value; where the kernel says no, which it never does, jumps to <paramref name="missing"/>.</summary>
    public static void EmitLookup(Assembler asm, Label missing)
    {
        MapAccess.EmitLookup(asm, Map, index: 0);
        asm.JumpIf(Condition.Equal, Register.R0, 0, missing);
        asm.Move(Base, Register.R0);
    }
}
