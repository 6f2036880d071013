using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Compiler.CodeGeneration.Netfilter;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// How a program gets at a packet: where its bytes are, and what the kernel knows of it beside them. In every function R6 is the context and R9
/// <see cref="Scratch"/>.
/// </summary>
internal abstract class PacketAccess
{
    public static PacketAccess Of(ProgramKind program, Hook hook, Scratch scratch) =>
        program == ProgramKind.Xdp ? new DirectAccess() : new CopiedPacket(scratch, mayBeInterrupted: hook == Hook.Output);

    /// <summary>Type of the object's programs.</summary>
    public abstract ProgramType Type { get; }

    /// <summary>Largest distance from the start of the frame at which headers may begin and searches may read.</summary>
    public abstract int FarthestOffset { get; }

    /// <summary>Whether bits of device names come from the map of interfaces, which the loader fills; else the program compares the names itself.</summary>
    public abstract bool HasInterfaceMap { get; }

    /// <summary>Whether packets are as they are on the wire; else as the chain sees them: put together, with the TTL decremented.</summary>
    public abstract bool IsOnTheWire { get; }

    /// <summary>The first thing a program does with <see cref="Scratch"/>: makes sure that nobody else uses it. Uses R1.</summary>
    public virtual void EmitEnter(Assembler asm, PartTails tails)
    {
    }

    /// <summary>The last thing.</summary>
    public virtual void EmitLeave(Assembler asm)
    {
    }

    /// <summary>What must be done before a packet's bytes can be read. Uses all registers but R6 and R9.</summary>
    public abstract void EmitArrival(Assembler asm, PartTails tails, InterfacePatterns interfaces);

    /// <summary>The first byte of the frame.</summary>
    public abstract void EmitStart(Assembler asm, Register start);

    /// <summary>One past the last byte that can be read.</summary>
    public abstract void EmitEnd(Assembler asm, Register end);

    /// <summary>R0 = bytes of the frame, also of those that cannot be read. Uses R1 to R5.</summary>
    public abstract void EmitLength(Assembler asm);

    /// <summary>
    /// Copies the first R4 bytes of the frame, 14 at least, to where R3 points, also of those that cannot be read in place; jumps when there are fewer. Uses R0 to
    /// R5 and the stack from -80 to -49.
    /// </summary>
    public abstract void EmitRead(Assembler asm, Label missing);

    /// <summary>Leaves a field in its slot that the kernel knows; false when the frame's bytes tell. R7 is the IP header. Uses R0 to R5.</summary>
    public abstract bool TryEmitField(Assembler asm, Field field, Family family, Hook hook, short slot);
}

/// <summary>XDP: the frame itself, between <c>data</c> and <c>data_end</c>.</summary>
internal sealed class DirectAccess : PacketAccess
{
    public override ProgramType Type => ProgramType.Xdp;

    /// <summary>The verifier lets a packet pointer go no farther than 65,535 (MAX_PACKET_OFF).</summary>
    public override int FarthestOffset => 0xF000;

    public override bool HasInterfaceMap => true;

    public override bool IsOnTheWire => true;

    public override void EmitArrival(Assembler asm, PartTails tails, InterfacePatterns interfaces)
    {
    }

    public override void EmitStart(Assembler asm, Register start) => asm.Load(Width.Word, start, R6, XdpContextField.Data);

    public override void EmitEnd(Assembler asm, Register end) => asm.Load(Width.Word, end, R6, XdpContextField.DataEnd);

    public override void EmitLength(Assembler asm)
    {
        asm.Move(R1, R6);
        asm.CallHelper(HelperFunction.XdpGetBufferLength);
    }

    public override void EmitRead(Assembler asm, Label missing)
    {
        asm.Move(R1, R6);
        asm.Move(R2, 0);
        asm.CallHelper(HelperFunction.XdpLoadBytes);
        asm.JumpIf(Condition.NotEqual, R0, 0, missing);
    }

    public override bool TryEmitField(Assembler asm, Field field, Family family, Hook hook, short slot) => false;
}
