using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Compiler.CodeGeneration.Netfilter;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Asks conntrack about packets of one family; <c>ConnectionKnowledge</c> in Firewall.Rules/Evaluation says in the same order what the answers mean and
/// why. What is not asked about goes to <paramref name="end"/> as it is: not known.
/// </summary>
/// <remarks>Registers: R6 context, R7 states without an entry, R8 states beside that of the entry, R9 <see cref="Scratch"/>.</remarks>
internal sealed class TrackingEmitter(Assembler asm, Family family, CompileOptions options, Label end)
{
    private const int Tcp = 6, Udp = 17, Icmp6 = 58;
    private const int EthernetHeader = 14, MostTags = 2;

    /// <summary>Each network namespace numbers its loopback device so (LOOPBACK_IFINDEX); what comes from there has been tracked on its way out.</summary>
    private const int Loopback = 1;

    /// <summary>A packet pointer goes no farther (MAX_PACKET_OFF).</summary>
    private const int Farthest = 0xF000;

    // On the stack: struct bpf_sock_tuple, struct bpf_ct_opts.
    private const short Tuple = -40, Options = -56;
    private const short ErrorPlace = 4, ProtocolPlace = 8, DirectionPlace = 9;
    private const int OptionsSize = 12, CurrentNamespace = -1, NoEntry = -2;

    private const int Expected = 1, SeenReply = 2;

    private readonly Label _asks = asm.NewLabel("ask");
    private readonly Label _malformed = asm.NewLabel("malformed");
    private readonly Label _other = asm.NewLabel("other family");

    private bool IsIPv4 => family == Family.IPv4;

    private int AddressWords => IsIPv4 ? 1 : 4;

    private int TupleSize => (8 * AddressWords) + 4;

    private int First => Bit(TrackState.New) | (options.UsesHelpers ? Bit(TrackState.Related) : 0);

    private int UnlessChecksum => Is(Approximations.CtChecksum) ? 0 : Bit(TrackState.Invalid);

    public void Emit()
    {
        EmitNetwork();
        var (udp, icmp) = (asm.NewLabel("UDP"), asm.NewLabel("ICMPv6"));
        asm.Load(Width.Word, R4, Scratch.Base, Scratch.TransportLength);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        asm.JumpIf(Condition.Equal, R1, Udp, udp);
        if (!IsIPv4) { asm.JumpIf(Condition.Equal, R1, Icmp6, icmp); }
        asm.JumpIf(Condition.NotEqual, R1, Tcp, end);
        EmitTcp();
        asm.Mark(udp);
        EmitUdp();
        if (!IsIPv4)
        {
            asm.Mark(icmp);
            EmitIcmp6();
        }

        asm.Mark(_malformed);
        EmitKnown(Bit(TrackState.Invalid));
        asm.Mark(_asks);
        EmitAsk();
        asm.Mark(_other);
    }

    /// <summary>Whole packets; their addresses go to the tuple. R2 = transport header, R3 = end of the readable bytes.</summary>
    private void EmitNetwork()
    {
        asm.Load(Width.Word, R1, R6, XdpContextField.IngressIfindex);
        asm.JumpIf(Condition.Equal, R1, Loopback, end);
        asm.Load(Width.Word, R7, R6, XdpContextField.Data);
        asm.Load(Width.Word, R3, R6, XdpContextField.DataEnd);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.NetworkOffset);
        asm.JumpIf(Condition.Above, R1, EthernetHeader + (4 * MostTags), end);
        asm.Alu(AluOp.Add, R7, R1);
        asm.Move(R1, R7);
        asm.Alu(AluOp.Add, R1, IsIPv4 ? 20 : 40);
        asm.JumpIf(Condition.Above, R1, R3, IsIPv4 ? _other : end);
        asm.Load(Width.Byte, R1, R7, 0);
        asm.Alu(AluOp.ShiftRight, R1, 4);
        asm.JumpIf(Condition.NotEqual, R1, (int)family, _other);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
        asm.JumpIf(Condition.AnyBit, R1, IsIPv4 ? 0x3FFF : 0xFFF9, end);
        if (!IsIPv4)
        {
            asm.Load(Width.Double, R1, Scratch.Base, Scratch.ChainIntact);
            asm.JumpIf(Condition.Equal, R1, 0, end);
        }

        for (short i = 0; i < 8 * AddressWords; i += 4)
        {
            asm.Load(Width.Word, R1, R7, (short)((IsIPv4 ? 12 : 8) + i));
            asm.Store(Width.Word, FramePointer, (short)(Tuple + i), R1);
        }

        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportOffset);
        asm.JumpIf(Condition.Above, R1, Farthest, end);
        asm.Load(Width.Word, R2, R6, XdpContextField.Data);
        asm.Alu(AluOp.Add, R2, R1);
    }

    private void EmitTcp()
    {
        const int Fin = 1, Syn = 2, Rst = 4, Ack = 16;
        EmitHeader(20);
        asm.Load(Width.Byte, R1, R2, 12);
        asm.Alu(AluOp.ShiftRight, R1, 4);
        asm.Alu(AluOp.ShiftLeft, R1, 2);
        asm.JumpIf(Condition.Below, R1, 20, _malformed);
        asm.JumpIf(Condition.Above, R1, R4, _malformed);
        asm.Load(Width.Byte, R1, R2, 13);
        asm.Alu(AluOp.And, R1, ConnectionKnowledge.CountedTcpFlags);
        asm.LoadConstant(R5, ConnectionKnowledge.ValidTcpFlags);
        asm.Alu(AluOp.ShiftRight, R5, R1);
        asm.Alu(AluOp.And, R5, 1);
        asm.JumpIf(Condition.Equal, R5, 0, _malformed);

        // A reset, a SYN/ACK, a FIN begin nothing.
        var isSyn = asm.NewLabel("SYN");
        asm.Move(R7, Bit(TrackState.Invalid));
        asm.Move(R8, Is(Approximations.CtWindow) ? 0 : Bit(TrackState.Invalid));
        asm.Move(R5, R1);
        asm.Alu(AluOp.And, R5, Syn | Ack | Rst);
        asm.JumpIf(Condition.Equal, R5, Syn, isSyn);
        asm.JumpIf(Condition.AnyBit, R1, Syn | Fin | Rst, _asks);
        asm.Move(R7, First | UnlessChecksum);
        asm.Jump(_asks);
        asm.Mark(isSyn);
        asm.Move(R7, First | UnlessChecksum);
        asm.Alu(AluOp.Or, R8, First | UnlessChecksum);
        asm.Jump(_asks);
    }

    private void EmitUdp()
    {
        EmitHeader(8);
        asm.Load(Width.Half, R1, R2, 4);
        asm.SwapToHost(R1, 16);
        asm.JumpIf(Condition.Below, R1, 8, _malformed);
        asm.JumpIf(Condition.Above, R1, R4, _malformed);
        asm.Move(R7, First);
        asm.Move(R8, 0);
        asm.Load(Width.Half, R1, R2, 6);
        asm.JumpIf(Condition.Equal, R1, 0, _asks);
        asm.Move(R7, First | UnlessChecksum);
        asm.Move(R8, Is(Approximations.CtWindow) ? 0 : UnlessChecksum);
        asm.Jump(_asks);
    }

    private void EmitIcmp6()
    {
        asm.JumpIf(Condition.Below, R4, 8, end);
        EmitReadable(8);
        var untracked = asm.NewLabel("untracked");
        asm.Load(Width.Byte, R1, R2, 0);
        foreach (var type in ConnectionKnowledge.UntrackedIcmp6) { asm.JumpIf(Condition.Equal, R1, type, untracked); }
        asm.Jump(end);
        asm.Mark(untracked);
        EmitKnown(Bit(TrackState.Untracked) | UnlessChecksum);
    }

    /// <summary>A header that is too short is malformed, one that cannot be read is not known.</summary>
    private void EmitHeader(int size)
    {
        asm.JumpIf(Condition.Below, R4, size, _malformed);
        EmitReadable(size);
    }

    private void EmitReadable(int size)
    {
        asm.Move(R1, R2);
        asm.Alu(AluOp.Add, R1, size);
        asm.JumpIf(Condition.Above, R1, R3, end);
    }

    /// <summary>The connection table need not be asked.</summary>
    private void EmitKnown(int states)
    {
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackStates, states);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackLookup, Tracking.Miss);
        asm.Jump(end);
    }

    private void EmitAsk()
    {
        asm.Load(Width.Word, R1, R2, 0);
        asm.Store(Width.Word, FramePointer, (short)(Tuple + (8 * AddressWords)), R1);
        asm.StoreImmediate(Width.Word, FramePointer, Options, CurrentNamespace);
        asm.StoreImmediate(Width.Word, FramePointer, Options + ErrorPlace, 0);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        asm.Store(Width.Word, FramePointer, Options + ProtocolPlace, R1);
        asm.Move(R1, R6);
        asm.Move(R2, FramePointer);
        asm.Alu(AluOp.Add, R2, Tuple);
        asm.Move(R3, TupleSize);
        asm.Move(R4, FramePointer);
        asm.Alu(AluOp.Add, R4, Options);
        asm.Move(R5, OptionsSize);
        asm.CallKernel(KernelFunction.XdpConnectionLookup);
        var (hit, done) = (asm.NewLabel("entry"), asm.NewLabel("state known"));
        asm.JumpIf(Condition.NotEqual, R0, 0, hit);
        asm.Load(Width.Word, R1, FramePointer, Options + ErrorPlace);
        asm.JumpIf32(Condition.NotEqual, R1, NoEntry, end);
        asm.Store(Width.Word, Scratch.Base, Scratch.TrackStates, R7);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackLookup, Tracking.Miss);
        asm.Jump(end);

        asm.Mark(hit);
        asm.LoadKernelField(R7, R0, ConnectionFields.Status);
        asm.Move(R1, R0);
        asm.CallKernel(KernelFunction.ConnectionRelease);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.TrackLookup, Tracking.Hit);
        asm.Store(Width.Word, Scratch.Base, Scratch.TrackStatus, R7);
        asm.Move(R1, R7);
        asm.Alu(AluOp.And, R1, Expected);
        asm.Alu(AluOp.ShiftLeft, R1, (int)TrackState.Related);
        asm.Alu(AluOp.Or, R8, R1);
        asm.Move(R2, Bit(TrackState.Established));
        asm.Load(Width.Byte, R1, FramePointer, Options + DirectionPlace);
        asm.JumpIf(Condition.NotEqual, R1, 0, done);
        asm.JumpIf(Condition.AnyBit, R7, SeenReply, done);
        asm.Move(R2, Bit(TrackState.New));
        asm.Mark(done);
        asm.Alu(AluOp.Or, R8, R2);
        asm.Store(Width.Word, Scratch.Base, Scratch.TrackStates, R8);
        asm.Jump(end);
    }

    private bool Is(Approximations approximation) => options.Approximations.HasFlag(approximation);

    private static int Bit(TrackState state) => 1 << (int)state;
}
