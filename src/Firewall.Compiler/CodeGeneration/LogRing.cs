using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Compiler.CodeGeneration.Netfilter;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// <c>--log ring</c>: rules that log write <see cref="LogRecord"/>s to a ring buffer as long as somebody reads them, in one global function that the
/// kernel verifies once. A reader shows that it is there by writing the time (CLOCK_MONOTONIC, ns) to the heartbeat each second; without one
/// the packet is deferred, so that the kernel logs it.
/// </summary>
/// <remarks>
/// What a record holds of the frame is what the line shows: the headers. Where these lie far behind (IPv6 extension headers, quoted packets) it is the
/// whole frame; and if that is too long, the packet is deferred.
/// </remarks>
public sealed class LogRing
{
    /// <summary>Name of the ring buffer.</summary>
    public const string RingMap = "log_ring";

    /// <summary>Name of the map with one u64: when a reader was last there; 0 for never.</summary>
    public const string HeartbeatMap = "log_heartbeat";

    /// <summary>Name of the per-CPU map with one u64: records for which the ring had no room.</summary>
    public const string LostMap = "log_lost";

    /// <summary>Name of the map of <see cref="LogRule"/>s.</summary>
    public const string RulesMap = "log_rules";

    /// <summary>After so long without a heartbeat nobody reads any more.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of the ring, header of each record (8) included; a power of two and a multiple of any page size.</summary>
    public const int RingSize = 1 << 20;

    /// <summary>Bytes of a frame whose transport header begins near enough: room for two priority tags and any IPv4 header, an ICMP header, a quoted IPv4 and a TCP header with all options.</summary>
    private const int ShortCopy = 256;

    /// <summary>Where a transport header begins at the latest for <see cref="ShortCopy"/> to hold it with its options.</summary>
    private const int NearTransport = ShortCopy - 60;

    /// <summary>Bytes of a frame whose headers lie elsewhere: an Ethernet frame of the usual size, tags included.</summary>
    private const int LongCopy = 1536;

    private const int ShortestFrame = 14;
    private const int LongestFrame = ShortestFrame + 65_535;
    private const int ShortestIPHeader = 20;
    private const string Function = "log";

    // Facts of the rule: what XDP cannot know when the packet has it, and a program at a hook must look up.
    private const int AsksOwner = 1;
    private const int AsksIPv4Options = 2;

    private static readonly MapSpec Ring = new(RingMap, MapType.RingBuffer, KeySize: 0, ValueSize: 0, RingSize);
    private static readonly MapSpec Heartbeat = new(HeartbeatMap, MapType.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1);
    private static readonly MapSpec Lost = new(LostMap, MapType.PerCpuArray, KeySize: 4, ValueSize: 8, MaxEntries: 1);
    private static readonly MapSpec Buffer = new("log_buffer", MapType.PerCpuArray, KeySize: 4, ValueSize: LogRecord.HeaderSize + LongCopy, MaxEntries: 1);

    private readonly Dictionary<LogRule, int> _rules = [];
    private readonly PacketAccess _access;

    /// <summary>Of an XDP program.</summary>
    public LogRing()
        : this(new DirectAccess())
    {
    }

    internal LogRing(PacketAccess access) => _access = access;

    public bool IsEmpty => _rules.Count == 0;

    /// <summary>The maps, once every rule has been seen.</summary>
    public IEnumerable<MapSpec> Maps =>
    [
        Ring, Heartbeat, Lost, Buffer,
        new MapSpec(RulesMap, MapType.Array, KeySize: 4, LogRule.Size, Math.Max(1, _rules.Count))
        {
            InitialEntries = [.. _rules.Select(r => new MapEntry(Key(r.Value), ImmutableCollectionsMarshal.AsImmutableArray(r.Key.Write())))],
        },
    ];

    /// <summary>
    /// Logs the packet. R0 is 0 when that was done (or its record was lost and counted), else the packet must be deferred: nobody reads, or the line needs what the program
    /// cannot know. Uses R0 to R5; R6 is the context.
    /// </summary>
    /// <param name="counter">The rule's counter.</param>
    /// <param name="output">XDP in FORWARD: where <see cref="Scratch"/> keeps the index (u32) of the device that the packet leaves by; else null.</param>
    public void EmitLog(Assembler asm, LogOptions options, int counter, Family family, short? output = null)
    {
        // An owner has only what a socket of this host sends or waits for; a forwarded packet has none. At a hook, options are as the kernel left them.
        var asks = (options.Shows(LogDetails.User) && output is null ? AsksOwner : 0)
            | (options.Shows(LogDetails.IPOptions) && family == Family.IPv4 && _access.IsOnTheWire ? AsksIPv4Options : 0);
        asm.Move(R1, R6);
        asm.Move(R2, NumberOf(new LogRule(options, counter)));
        asm.Move(R3, asks);
        if (output is { } slot) { asm.Load(Width.Word, R4, Scratch.Base, slot); }
        else { asm.Move(R4, 0); }
        asm.Call(Function);
    }

    private int NumberOf(LogRule rule)
    {
        if (!_rules.TryGetValue(rule, out var number))
        {
            number = _rules.Count;
            _rules.Add(rule, number);
        }

        return number;
    }

    private static ImmutableArray<byte> Key(int number)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(key, number);
        return ImmutableCollectionsMarshal.AsImmutableArray(key);
    }

    /// <summary><c>log(ctx, rule, asks, output)</c>; nothing when no rule logs.</summary>
    public ImmutableArray<BpfFunction> Build() => IsEmpty ? [] : [BuildLog()];

    private BpfFunction BuildLog()
    {
        const short Output = -16;
        const short Time = -24;
        const short Asks = -32;
        var asm = new Assembler(Function, FunctionKind.Global) { ScalarArguments = 3 };
        var defer = asm.NewLabel("defer");
        asm.Move(R6, R1);
        asm.Move(R7, R2);
        asm.Store(Width.Double, FramePointer, Asks, R3);
        asm.Store(Width.Double, FramePointer, Output, R4);
        Scratch.EmitLookup(asm, defer);
        EmitListens(asm, Time, defer);
        if (_access.IsOnTheWire)
        {
            asm.Load(Width.Double, R1, FramePointer, Asks);
            EmitKnown(asm, defer);
        }

        MapAccess.EmitLookup(asm, Buffer, index: 0);
        asm.JumpIf(Condition.Equal, R0, 0, defer);
        asm.Move(R8, R0);
        asm.Load(Width.Double, R1, FramePointer, Time);
        asm.Store(Width.Double, R8, LogRecord.TimeField, R1);
        asm.Store(Width.Word, R8, LogRecord.RuleField, R7);
        asm.StoreImmediate(Width.Double, R8, LogRecord.UserField, 0);
        asm.StoreImmediate(Width.Word, R8, LogRecord.GroupField + 4, 0);
        if (_access.IsOnTheWire) { EmitArrival(asm, Output); }
        else { new HookLog(asm, defer).Emit(Asks); }
        EmitCopy(asm, defer);
        EmitSubmit(asm);
        asm.Mark(defer);
        asm.Move(R0, 1);
        asm.Exit();
        return asm.Build();
    }

    /// <summary>What XDP knows beside the frame, into the record at R8.</summary>
    private static void EmitArrival(Assembler asm, short output)
    {
        asm.Load(Width.Word, R1, R6, XdpContextField.IngressIfindex);
        asm.Store(Width.Word, R8, LogRecord.InField, R1);
        asm.Load(Width.Double, R1, FramePointer, output);
        asm.Store(Width.Word, R8, LogRecord.OutField, R1);
        asm.StoreImmediate(Width.Word, R8, LogRecord.MarkField, 0);
        asm.StoreImmediate(Width.Word, R8, LogRecord.TraitsField, (int)LogTraits.None);
    }

    /// <summary>Goes on while the heartbeat is fresh. The heartbeat is read first, so that it cannot be younger than the clock by more than the clock's error.</summary>
    private static void EmitListens(Assembler asm, short time, Label defer)
    {
        MapAccess.EmitLookup(asm, Heartbeat, index: 0);
        asm.JumpIf(Condition.Equal, R0, 0, defer);
        asm.Load(Width.Double, R8, R0, 0);
        asm.JumpIf(Condition.Equal, R8, 0, defer);
        asm.CallHelper(HelperFunction.KtimeGetNanoseconds);
        asm.Store(Width.Double, FramePointer, time, R0);
        asm.Alu(AluOp.Subtract, R0, R8);
        asm.LoadConstant(R1, (ulong)Patience.TotalNanoseconds);
        asm.JumpIf(Condition.SignedGreater, R0, R1, defer);
    }

    /// <summary>What R1 asks for must be known: no socket can have claimed the packet, and the kernel has nothing to write into its IPv4 options.</summary>
    private static void EmitKnown(Assembler asm, Label defer)
    {
        var (noOwner, known) = (asm.NewLabel("no owner"), asm.NewLabel("known"));
        asm.JumpIf(Condition.Equal, R1, 0, known);
        asm.Load(Width.Word, R2, Scratch.Base, Scratch.Protocol);
        asm.Load(Width.Word, R3, Scratch.Base, Scratch.TransportOffset);
        asm.Load(Width.Word, R4, Scratch.Base, Scratch.NetworkOffset);
        var ownerAsked = asm.NewLabel("owner asked");
        asm.JumpIf(Condition.AnyBit, R1, AsksOwner, ownerAsked);
        asm.Jump(noOwner);
        asm.Mark(ownerAsked);

        // Early demultiplexing (ip_rcv_finish_core) finds sockets of TCP and UDP.
        asm.JumpIf(Condition.Equal, R2, 6, defer);
        asm.JumpIf(Condition.Equal, R2, 17, defer);
        asm.Mark(noOwner);
        var optionsAsked = asm.NewLabel("options asked");
        asm.JumpIf(Condition.AnyBit, R1, AsksIPv4Options, optionsAsked);
        asm.Jump(known);
        asm.Mark(optionsAsked);

        // ip_options_compile fills in addresses and times.
        asm.Alu(AluOp.Add, R4, ShortestIPHeader);
        asm.JumpIf(Condition.NotEqual, R3, R4, defer);
        asm.Mark(known);
    }

    /// <summary>Copies what the line needs of the frame into the record at R8; R7 = bytes copied.</summary>
    private void EmitCopy(Assembler asm, Label defer)
    {
        var (far, copy) = (asm.NewLabel("headers lie far"), asm.NewLabel("copy"));
        _access.EmitLength(asm);
        asm.Store(Width.Word, R8, LogRecord.LengthField, R0);
        asm.Move(R7, R0);
        asm.JumpIf(Condition.Below, R7, ShortestFrame, defer);

        // More than an IP header can say (BIG TCP): the line has the length from elsewhere.
        asm.JumpIf(Condition.Above, R7, LongestFrame, defer);
        asm.JumpIf(Condition.BelowOrEqual, R7, ShortCopy, copy);

        // A chain of extension headers that did not lead to a transport header has left 0 or the IP header's offset.
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportOffset);
        asm.Load(Width.Word, R2, Scratch.Base, Scratch.NetworkOffset);
        asm.Alu(AluOp.Add, R2, ShortestIPHeader);
        asm.JumpIf(Condition.Below, R1, R2, far);
        asm.JumpIf(Condition.Above, R1, NearTransport, far);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        asm.JumpIf(Condition.Equal, R1, 58, far);
        asm.Move(R7, ShortCopy);
        asm.Jump(copy);
        asm.Mark(far);
        asm.JumpIf(Condition.Above, R7, LongCopy, defer);
        asm.Mark(copy);
        asm.Store(Width.Word, R8, LogRecord.CopiedField, R7);
        asm.Move(R3, R8);
        asm.Alu(AluOp.Add, R3, LogRecord.HeaderSize);
        asm.Move(R4, R7);
        _access.EmitRead(asm, defer);
    }

    /// <summary>Hands the record over, waking the reader only if it sleeps; a full ring loses it.</summary>
    private static void EmitSubmit(Assembler asm)
    {
        var done = asm.NewLabel("done");
        asm.LoadMap(R1, Ring);
        asm.Move(R2, R8);
        asm.Move(R3, R7);
        asm.Alu(AluOp.Add, R3, LogRecord.HeaderSize);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.RingbufOutput);
        asm.JumpIf(Condition.Equal, R0, 0, done);
        MapAccess.EmitLookup(asm, Lost, index: 0);
        asm.JumpIf(Condition.Equal, R0, 0, done);
        asm.Load(Width.Double, R1, R0, 0);
        asm.Alu(AluOp.Add, R1, 1);
        asm.Store(Width.Double, R0, 0, R1);
        asm.Mark(done);
        asm.Move(R0, 0);
        asm.Exit();
    }
}
