using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;
using Label = Firewall.Bpf.Assembly.Label;

namespace Firewall.Compiler.CodeGeneration.Netfilter;

/// <summary>
/// Netfilter: a copy of the packet behind everything else in <see cref="Scratch"/>, made to look like an Ethernet frame, so that the same parser and
/// the same searches read it. The link header is the one that the packet came with, or zeros where it came without one. Bytes that the copy has no room for cannot be
/// read.
/// </summary>
/// <remarks>
/// The copy is the processor's own. The hooks of arriving packets (PREROUTING, INPUT, FORWARD) run with soft interrupts off, so nothing comes in between. OUTPUT also runs for
/// sockets: an arriving packet may interrupt it, and the host's answer comes here again. That one finds the memory in use and is deferred
/// (<c>docs/internals/netfilter.md</c>).
/// </remarks>
internal sealed class CopiedPacket(Scratch scratch, bool mayBeInterrupted) : PacketAccess
{
    /// <summary>u32: not 0 while a packet is judged.</summary>
    private readonly short? _inUse = mayBeInterrupted ? scratch.Allocate(4) : null;

    /// <summary>Room for headers: of IPv4, IPv6 with some extension headers, and TCP.</summary>
    private const int ForHeaders = 1024;

    /// <summary>More than there is: as much as scratch memory takes.</summary>
    private const int ForContents = 64 * 1024;

    /// <summary>Bytes that are read behind the start of a header at most.</summary>
    private const int LongestHeader = 256;

    private const int EthernetHeader = 14;
    private const int NoLinkHeader = 0xFFFF;

    // EtherTypes as a little-endian store writes them.
    private const int EtherIPv4 = 0x0008;
    private const int EtherIPv6 = 0xDD86;

    /// <summary>Larger than any copy, and of the form that a mask has: tells the verifier that a length is bounded.</summary>
    private const int LengthMask = 0x7FFF;

    /// <summary>Where on the stack the kernel's view of the packet stands.</summary>
    private const short View = -64;

    public override ProgramType Type => ProgramType.Netfilter;

    public override int FarthestOffset => scratch.FrameSize - LongestHeader;

    public override bool HasInterfaceMap => false;

    public override bool IsOnTheWire => false;

    /// <summary>Searches may look anywhere, other rules only at headers.</summary>
    public static int SizeFor(IEnumerable<LoweredGuard> guards) =>
        guards.SelectMany(g => g.Stages).Any(s => s.Search is not null) ? ForContents : ForHeaders;

    public override void EmitStart(Assembler asm, Register start)
    {
        asm.Move(start, Scratch.Base);
        asm.Alu(AluOp.Add, start, scratch.Frame);
    }

    public override void EmitEnd(Assembler asm, Register end)
    {
        asm.Load(Width.Word, end, Scratch.Base, Scratch.LinearLength);
        asm.Alu(AluOp.And, end, LengthMask);
        asm.Alu(AluOp.Add, end, Scratch.Base);
        asm.Alu(AluOp.Add, end, scratch.Frame);
    }

    public override void EmitLength(Assembler asm)
    {
        HookContext.EmitBuffer(asm, R1);
        asm.LoadKernelField(R0, R1, HookContext.Length);
        asm.Alu(AluOp.Add, R0, EthernetHeader);
    }

    /// <summary>The link header from the copy, the packet from the socket buffer: it may be longer than the copy.</summary>
    public override void EmitRead(Assembler asm, Label missing)
    {
        const short Target = -72;
        const short Count = -80;
        asm.Store(Width.Double, FramePointer, Target, R3);
        asm.Store(Width.Double, FramePointer, Count, R4);
        asm.Move(R1, R3);
        asm.Move(R2, EthernetHeader);
        EmitStart(asm, R3);
        asm.CallHelper(HelperFunction.ProbeReadKernel);
        HookContext.EmitBuffer(asm, R1);
        asm.Move(R2, 0);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, View);
        asm.CallKernel(KernelFunction.DynptrFromSocketBuffer);
        asm.JumpIf(Condition.NotEqual, R0, 0, missing);
        asm.Load(Width.Double, R1, FramePointer, Target);
        asm.Alu(AluOp.Add, R1, EthernetHeader);
        asm.Load(Width.Double, R2, FramePointer, Count);
        asm.Alu(AluOp.Subtract, R2, EthernetHeader);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, View);
        asm.Move(R4, 0);
        asm.Move(R5, 0);
        asm.CallHelper(HelperFunction.DynptrRead);
        asm.JumpIf(Condition.NotEqual, R0, 0, missing);
    }

    public override void EmitEnter(Assembler asm, PartTails tails)
    {
        if (_inUse is not { } inUse) { return; }
        asm.Move(R1, 1);
        asm.Emit(Instruction.Atomic(AtomicOp.Exchange, Width.Word, Scratch.Base, inUse, R1));
        asm.JumpIf(Condition.NotEqual, R1, 0, tails.Busy);
    }

    public override void EmitLeave(Assembler asm)
    {
        if (_inUse is { } inUse) { asm.StoreImmediate(Width.Word, Scratch.Base, inUse, 0); }
    }

    public override void EmitArrival(Assembler asm, PartTails tails, InterfacePatterns interfaces)
    {
        HookContext.EmitBuffer(asm, R7);
        EmitLinkHeader(asm);
        EmitPacket(asm, tails.Defer(DeferReason.Truncated));
        if (!interfaces.IsEmpty) { new DeviceNames(asm, interfaces).Emit(); }
    }

    public override bool TryEmitField(Assembler asm, Field field, Family family, Hook hook, short slot) => new HookFields(asm, slot).TryEmit(field, family);

    /// <summary>Addresses as far as there are any, and the type by the hook's family. R7 is the socket buffer.</summary>
    private void EmitLinkHeader(Assembler asm)
    {
        var (none, isIPv4) = (asm.NewLabel("no link header"), asm.NewLabel("IPv4"));
        for (short i = 0; i < EthernetHeader - 2; i += 2) { asm.StoreImmediate(Width.Half, Scratch.Base, (short)(scratch.Frame + i), 0); }
        asm.LoadKernelField(R1, R7, HookContext.MacHeader);
        asm.JumpIf(Condition.Equal, R1, NoLinkHeader, none);
        asm.LoadKernelField(R3, R7, HookContext.Head);
        asm.Alu(AluOp.Add, R3, R1);
        EmitStart(asm, R1);
        asm.Move(R2, EthernetHeader - 2);
        asm.CallHelper(HelperFunction.ProbeReadKernel);
        asm.Mark(none);
        HookContext.EmitState(asm, R1);
        asm.LoadKernelField(R1, R1, HookContext.Family);
        asm.Move(R2, EtherIPv4);
        asm.JumpIf(Condition.Equal, R1, HookContext.FamilyIPv4, isIPv4);
        asm.Move(R2, EtherIPv6);
        asm.Mark(isIPv4);
        asm.Store(Width.Half, Scratch.Base, (short)(scratch.Frame + EthernetHeader - 2), R2);
    }

    /// <summary>As much of the packet as there is room for. R7 is the socket buffer.</summary>
    private void EmitPacket(Assembler asm, Label unreadable)
    {
        var (room, fits) = (scratch.FrameSize - EthernetHeader, asm.NewLabel("fits"));
        asm.Move(R1, R7);
        asm.Move(R2, 0);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, View);
        asm.CallKernel(KernelFunction.DynptrFromSocketBuffer);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.LinearLength, EthernetHeader);
        asm.JumpIf(Condition.NotEqual, R0, 0, unreadable);
        asm.LoadKernelField(R2, R7, HookContext.Length);
        asm.JumpIf(Condition.BelowOrEqual, R2, room, fits);
        asm.Move(R2, room);
        asm.Mark(fits);
        asm.Move(R1, R2);
        asm.Alu(AluOp.Add, R1, EthernetHeader);
        asm.Store(Width.Word, Scratch.Base, Scratch.LinearLength, R1);
        EmitStart(asm, R1);
        asm.Alu(AluOp.Add, R1, EthernetHeader);
        asm.Move(R3, FramePointer);
        asm.Alu(AluOp.Add, R3, View);
        asm.Move(R4, 0);
        asm.Move(R5, 0);
        asm.CallHelper(HelperFunction.DynptrRead);
        asm.JumpIf(Condition.NotEqual, R0, 0, unreadable);
    }
}
