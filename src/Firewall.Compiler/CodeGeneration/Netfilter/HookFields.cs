using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration.Netfilter;

/// <summary>Reads from the kernel what it knows of a packet, into the field's slot in <see cref="Scratch"/>.</summary>
internal sealed class HookFields(Assembler asm, short slot)
{
    /// <summary><c>IP_CT_IS_REPLY</c>: from here on <c>enum ip_conntrack_info</c> repeats itself for the reply direction.</summary>
    private const int Reply = 3;

    /// <summary><c>IP_CT_UNTRACKED</c>, which comes without a connection.</summary>
    private const int Untracked = 7;

    /// <summary><c>PACKET_LOOPBACK</c> (include/uapi/linux/if_packet.h): a copy of what this host sent to a group.</summary>
    private const int PacketLoopback = 5;

    /// <summary>Where on the stack a value stands that is not yet in host order.</summary>
    private const short Temporary = -8;

    /// <summary>True when the kernel knows the field; else the packet's bytes tell it.</summary>
    public bool TryEmit(Field field, Family family)
    {
        switch (field.Kind)
        {
            case FieldKind.Mark:
                HookContext.EmitBuffer(asm, R1);
                asm.LoadKernelField(R1, R1, HookContext.Mark);
                break;
            case FieldKind.PacketType:
                EmitPacketType(family);
                break;
            case FieldKind.Cpu:
                asm.CallHelper(HelperFunction.GetSmpProcessorId);
                asm.Move(R1, R0);
                break;
            case FieldKind.TrackState:
                EmitState();
                break;
            case FieldKind.HasConnection:
                EmitConnection(R1);
                asm.Alu(AluOp.And, R1, ~HookContext.ConnectionInfo);
                EmitIsNotZero();
                break;
            case FieldKind.TrackDirection:
                EmitConnection(R1);
                EmitDirection();
                break;
            case FieldKind.TrackStatus:
                EmitNumber(ConnectionFields.Status, 4);
                break;
            case FieldKind.TrackMark:
                EmitNumber(ConnectionFields.Mark, 4);
                break;
            case FieldKind.TrackProtocol:
                EmitNumber(ConnectionFields.Protocol, 1);
                break;
            case >= FieldKind.TrackOriginalSource and <= FieldKind.TrackReplyDestination:
                // Addresses stay in network order.
                EmitConnectionAddress();
                asm.Move(R1, Scratch.Base);
                asm.Alu(AluOp.Add, R1, slot);
                HookContext.EmitCopy(asm, ConnectionFields.Of(field.Kind), family == Family.IPv4 ? 4 : 16);
                return true;
            case >= FieldKind.TrackOriginalSourcePort and <= FieldKind.TrackReplyDestinationPort:
                EmitNumber(ConnectionFields.Of(field.Kind), 2);
                asm.SwapToHost(R1, 16);
                break;
            default:
                return false;
        }

        asm.Store(Width.Word, Scratch.Base, slot, R1);
        return true;
    }

    private void EmitConnection(Register target)
    {
        HookContext.EmitBuffer(asm, target);
        asm.LoadKernelField(target, target, HookContext.Connection);
    }

    /// <summary>R3 = the address of the <c>nf_conn</c>, or 0.</summary>
    private void EmitConnectionAddress()
    {
        EmitConnection(R3);
        asm.Alu(AluOp.And, R3, ~HookContext.ConnectionInfo);
    }

    /// <summary>R1 = a number of the entry; 0 without an entry.</summary>
    private void EmitNumber(KernelField field, int bytes)
    {
        EmitConnectionAddress();
        asm.Move(R1, FramePointer);
        asm.Alu(AluOp.Add, R1, Temporary);
        HookContext.EmitCopy(asm, field, bytes);
        asm.Load(SearchEmitter.WidthOf(bytes), R1, FramePointer, Temporary);
    }

    /// <summary>R1 = the state, as xt_conntrack and xt_state tell it (XT_CONNTRACK_STATE_BIT).</summary>
    private void EmitState()
    {
        var (tracked, done) = (asm.NewLabel("tracked"), asm.NewLabel("state"));
        EmitConnection(R2);
        asm.Move(R1, (int)TrackState.Untracked);
        asm.JumpIf(Condition.Equal, R2, Untracked, done);
        asm.Move(R1, (int)TrackState.Invalid);
        asm.JumpIf(Condition.Above, R2, HookContext.ConnectionInfo, tracked);
        asm.Jump(done);
        asm.Mark(tracked);

        // ESTABLISHED, RELATED, NEW; then the same for replies.
        asm.Move(R1, R2);
        asm.Alu(AluOp.And, R1, HookContext.ConnectionInfo);
        asm.Alu(AluOp.Modulo, R1, Reply);
        asm.Alu(AluOp.Add, R1, (int)TrackState.Established);
        asm.Mark(done);
    }

    /// <summary>R1 = 1 in reply direction, else 0; R1 is the word with the connection.</summary>
    private void EmitDirection()
    {
        asm.Move(R2, R1);
        asm.Alu(AluOp.And, R1, HookContext.ConnectionInfo);
        asm.Alu(AluOp.Subtract, R1, Reply);
        asm.Alu(AluOp.ShiftRightArithmetic, R1, 63);
        asm.Alu(AluOp.Add, R1, 1);

        // Untracked packets have no direction: 0.
        asm.Alu(AluOp.ShiftRight, R2, 3);
        asm.Move(R3, R2);
        asm.Negate(R3);
        asm.Alu(AluOp.Or, R2, R3);
        asm.Alu(AluOp.ShiftRight, R2, 63);
        asm.Alu(AluOp.And, R1, R2);
    }

    /// <summary>R1 = 1 when it is not 0.</summary>
    private void EmitIsNotZero()
    {
        asm.Move(R2, R1);
        asm.Negate(R2);
        asm.Alu(AluOp.Or, R1, R2);
        asm.Alu(AluOp.ShiftRight, R1, 63);
    }

    /// <summary>R1 = the class, as xt_pkttype asks it. R7 is the IP header.</summary>
    private void EmitPacketType(Family family)
    {
        var done = asm.NewLabel("packet type");
        HookContext.EmitBuffer(asm, R3);
        asm.Move(R1, FramePointer);
        asm.Alu(AluOp.Add, R1, Temporary);
        HookContext.EmitCopy(asm, HookContext.PacketType, 1);
        asm.Load(Width.Byte, R1, FramePointer, Temporary);
        asm.Alu(AluOp.And, R1, 7);
        asm.JumpIf(Condition.NotEqual, R1, PacketLoopback, done);
        asm.Move(R1, (int)PacketClass.Multicast);
        if (family == Family.IPv4)
        {
            asm.Load(Width.Byte, R2, R7, 16);
            asm.Alu(AluOp.And, R2, 0xF0);
            asm.JumpIf(Condition.Equal, R2, 0xE0, done);
            asm.Move(R1, (int)PacketClass.Broadcast);
        }

        asm.Mark(done);
    }
}
