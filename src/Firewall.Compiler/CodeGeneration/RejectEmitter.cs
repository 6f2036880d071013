using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Targets;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>Writes the function of one answer; <c>RejectReply</c> in Firewall.Rules/Evaluation says in the same order what it does and why.</summary>
/// <remarks>Registers: R6 context, R8 the value of <see cref="RejectWork"/>, R9 <see cref="Scratch"/>; R7 is free.</remarks>
internal sealed partial class RejectEmitter
{
    private const int Tcp = 6, Udp = 17, Dccp = 33, Icmp = 1, Icmp6 = 58, NoNextHeader = 59;

    private const int EthernetHeader = 14;
    private const int MostTags = 2;

    /// <summary>Types of ICMP messages that are not errors.</summary>
    private const int IcmpQuestions = 1 << 0 | 1 << 8 | 1 << 13 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 18;

    private readonly Assembler _asm;
    private readonly RejectWith _with;
    private readonly Hook _hook;
    private readonly Label _silent;
    private readonly Label _unknown;

    public RejectEmitter(string name, RejectWith with, Hook hook)
    {
        (_asm, _with, _hook) = (new Assembler(name, FunctionKind.Global), with, hook);
        (_silent, _unknown) = (_asm.NewLabel("silent"), _asm.NewLabel("unknown"));
    }

    private bool IsIPv4 => _with.Family == Family.IPv4;

    /// <summary>Bytes of the IP header that the answer has.</summary>
    private int IPHeader => IsIPv4 ? 20 : 40;

    /// <summary>The answer's protocol.</summary>
    private int Protocol => _with.IsReset ? Tcp : IsIPv4 ? Icmp : Icmp6;

    /// <summary>Bytes written in front of what an error quotes, or all of a reset.</summary>
    private int HeadLength => EthernetHeader + IPHeader + (_with.IsReset ? 20 : 8);

    private short HeadTransport => (short)(EthernetHeader + IPHeader);

    public BpfFunction Build()
    {
        EmitStart();
        EmitPacket();
        EmitTransport();
        EmitNetworkTests();
        if (_with.IsReset) { EmitTcpTests(); }
        else { EmitIcmpTests(); }
        EmitChecksumTest();
        EmitUnknownTests();
        EmitRoute();
        if (!_with.IsReset)
        {
            RejectRate.Emit(_asm, IsIPv4 ? RejectLimits.LimitsIPv4 : RejectLimits.LimitsIPv6, IsIPv4 ? RejectLimits.DelayIPv4Place : RejectLimits.DelayIPv6Place);
            _asm.JumpIf(Condition.Equal, R0, 0, _silent);
        }

        EmitHead();
        EmitChange();
        _asm.Move(R0, RejectFunctions.Answered);
        _asm.Exit();
        _asm.Mark(_silent);
        _asm.Move(R0, RejectFunctions.Silent);
        _asm.Exit();
        _asm.Mark(_unknown);
        _asm.Move(R0, RejectFunctions.Unknown);
        _asm.Exit();
        return _asm.Build();
    }

    private void EmitStart()
    {
        _asm.Move(R6, R1);
        Scratch.EmitLookup(_asm, _unknown);
        MapAccess.EmitLookup(_asm, RejectMaps.Work, index: 0);
        _asm.JumpIf(Condition.Equal, R0, 0, _unknown);
        _asm.Move(R8, R0);
        _asm.LoadMapValue(R1, RejectMaps.Limits, 0);
        _asm.Load(Width.Double, R2, R1, RejectLimits.TimeToLivePlace);
        _asm.JumpIf(Condition.Equal, R2, 0, _unknown);
        for (var i = 0; i < 80; i += 8) { _asm.StoreImmediate(Width.Double, R8, (short)(RejectWork.Head + i), 0); }
    }

    /// <summary>The Ethernet header of the answer; the rejected packet's addresses and type of service.</summary>
    private void EmitPacket()
    {
        _asm.Load(Width.Word, R7, R6, XdpContextField.Data);
        _asm.Load(Width.Word, R3, R6, XdpContextField.DataEnd);
        EmitCheck(EthernetHeader);
        CopyToHead(0, R7, 6, 6);
        CopyToHead(6, R7, 0, 6);
        _asm.StoreImmediate(Width.Half, R8, 12, Swap(_with.Family.EtherType()));
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.NetworkOffset);
        _asm.JumpIf(Condition.Above, R1, EthernetHeader + (4 * MostTags), _unknown);
        _asm.Alu(AluOp.Add, R7, R1);
        EmitCheck(IPHeader);
        if (IsIPv4)
        {
            foreach (var (place, field) in new[] { (RejectWork.Source, (short)12), (RejectWork.Destination, (short)16) })
            {
                _asm.StoreImmediate(Width.Double, R8, place, 0);
                _asm.StoreImmediate(Width.Word, R8, (short)(place + 8), -65536);
                Copy(R8, (short)(place + 12), R7, field, Width.Word);
            }

            _asm.Load(Width.Byte, R1, R7, 1);
            _asm.Store(Width.Double, R8, RejectWork.TypeOfService, R1);
        }
        else
        {
            for (short i = 0; i < 32; i += 4) { Copy(R8, (short)(RejectWork.Source + i), R7, (short)(8 + i), Width.Word); }
        }
    }

    /// <summary>The first bytes behind the IP headers.</summary>
    private void EmitTransport()
    {
        var (none, whole) = (_asm.NewLabel("no transport"), _asm.NewLabel("whole header"));
        for (short i = 0; i < RejectWork.TransportSize + 4; i += 8) { _asm.StoreImmediate(Width.Double, R8, (short)(RejectWork.Transport + i), 0); }
        _asm.Load(Width.Word, R4, Scratch.Base, Scratch.TransportLength);
        _asm.JumpIf(Condition.Equal, R4, 0, none);
        _asm.JumpIf(Condition.BelowOrEqual, R4, RejectWork.TransportSize, whole);
        _asm.Move(R4, RejectWork.TransportSize);
        _asm.Mark(whole);
        _asm.Move(R1, R6);
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.TransportOffset);
        _asm.Move(R3, R8);
        _asm.Alu(AluOp.Add, R3, RejectWork.Transport);
        _asm.CallHelper(HelperFunction.XdpLoadBytes);
        _asm.JumpIf(Condition.NotEqual, R0, 0, _unknown);
        _asm.Mark(none);
    }

    /// <summary>Packets that the kernel never answers, or that the chain never sees; and own addresses that are no host's.</summary>
    private void EmitNetworkTests()
    {
        if (IsIPv4)
        {
            _asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
            _asm.JumpIf(Condition.AnyBit, R1, 0x1fff, _silent);
            _asm.Load(Width.Byte, R1, R8, RejectWork.Destination + 12);
            _asm.Alu(AluOp.And, R1, 0xf0);
            _asm.JumpIf(Condition.Equal, R1, 0xe0, _silent);
            _asm.Load(Width.Word, R1, R8, RejectWork.Destination + 12);
            _asm.JumpIf32(Condition.Equal, R1, -1, _silent);
            _asm.Load(Width.Word, R1, R8, RejectWork.Source + 12);
            _asm.JumpIf(Condition.Equal, R1, 0, _silent);
            _asm.Load(Width.Word, R2, Scratch.Base, Scratch.NetworkOffset);
            _asm.Load(Width.Word, R3, Scratch.Base, Scratch.TransportOffset);
            RejectSum.Emit(_asm);
            _asm.JumpIf(Condition.Above, R0, 0xffff, _unknown);
            _asm.JumpIf(Condition.NotEqual, R0, 0xffff, _silent);
        }
        else
        {
            _asm.Load(Width.Double, R1, Scratch.Base, Scratch.ChainIntact);
            _asm.JumpIf(Condition.Equal, R1, 0, _silent);
            _asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
            _asm.JumpIf(Condition.AnyBit, R1, 0xfff8, _silent);
            _asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportLength);
            _asm.JumpIf(Condition.Equal, R1, 0, _silent);
            _asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
            _asm.JumpIf(Condition.Equal, R1, NoNextHeader, _silent);
            foreach (var address in new[] { RejectWork.Source, RejectWork.Destination })
            {
                _asm.Load(Width.Byte, R1, R8, address);
                _asm.JumpIf(Condition.Equal, R1, 0xff, _silent);
            }

            _asm.Load(Width.Double, R1, R8, RejectWork.Source);
            _asm.Load(Width.Double, R2, R8, RejectWork.Source + 8);
            _asm.Alu(AluOp.Or, R1, R2);
            _asm.JumpIf(Condition.Equal, R1, 0, _silent);
        }

        if (_hook == Hook.Input) { EmitExceptions(); }
    }

    private void EmitExceptions()
    {
        var ordinary = _asm.NewLabel("ordinary address");
        _asm.LoadMap(R1, RejectMaps.Exceptions);
        _asm.Move(R2, R8);
        _asm.Alu(AluOp.Add, R2, RejectWork.Destination);
        _asm.CallHelper(HelperFunction.MapLookupElement);
        _asm.JumpIf(Condition.Equal, R0, 0, ordinary);
        _asm.Load(Width.Word, R0, R0, 0);
        _asm.JumpIf(Condition.Equal, R0, RejectFunctions.Silent, _silent);
        _asm.Jump(_unknown);
        _asm.Mark(ordinary);
    }

    private void EmitTcpTests()
    {
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        _asm.JumpIf(Condition.NotEqual, R1, Tcp, _silent);
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportLength);
        _asm.JumpIf(Condition.Below, R1, 20, _silent);
        const int Rst = 4;
        _asm.Load(Width.Byte, R1, R8, RejectWork.Transport + 13);
        _asm.JumpIf(Condition.AnyBit, R1, Rst, _silent);
    }

    /// <summary>No errors to frames for all, nor about errors.</summary>
    private void EmitIcmpTests()
    {
        EmitLoadDestinationMac();
        _asm.JumpIf(Condition.AnyBit, R1, 1, _silent);
        var other = _asm.NewLabel("no error");
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        _asm.JumpIf(Condition.NotEqual, R1, IsIPv4 ? Icmp : Icmp6, other);
        _asm.Load(Width.Byte, R1, R8, RejectWork.Transport);
        if (IsIPv4)
        {
            _asm.Load(Width.Word, R2, Scratch.Base, Scratch.TransportLength);
            _asm.JumpIf(Condition.Equal, R2, 0, _silent);
            _asm.JumpIf(Condition.Above, R1, 18, _silent);
            _asm.Move(R2, IcmpQuestions);
            _asm.Alu(AluOp.ShiftRight, R2, R1);
            _asm.Alu(AluOp.And, R2, 1);
            _asm.JumpIf(Condition.Equal, R2, 0, _silent);
        }
        else { _asm.JumpIf(Condition.Below, R1, 128, _silent); }
        _asm.Mark(other);
    }

    /// <summary>The checksum must be right, unless the protocol has none; one that holds the pseudo-header only was left to hardware.</summary>
    private void EmitChecksumTest()
    {
        var right = _asm.NewLabel("checksum right");
        if (!_with.IsReset) { EmitNoChecksum(right); }
        EmitPseudoHeader();
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.TransportOffset);
        _asm.Load(Width.Word, R3, Scratch.Base, Scratch.PacketEnd);
        RejectSum.Emit(_asm);
        _asm.JumpIf(Condition.Above, R0, 0xffff, _unknown);
        _asm.Load(Width.Double, R7, R8, RejectWork.Pseudo);
        _asm.Alu(AluOp.Add, R0, R7);
        RejectSum.EmitFold(_asm, R0, R1);
        _asm.JumpIf(Condition.Equal, R0, 0xffff, right);
        _asm.JumpIf(Condition.Equal, R0, 0, right);
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        foreach (var (protocol, place) in _with.IsReset ? [(Tcp, 16)] : IsIPv4 ? new[] { (Tcp, 16), (Udp, 6) } : [(Tcp, 16), (Udp, 6), (Icmp6, 2)])
        {
            var other = _asm.NewLabel("other protocol");
            _asm.JumpIf(Condition.NotEqual, R1, protocol, other);
            _asm.Load(Width.Word, R2, Scratch.Base, Scratch.TransportLength);
            _asm.JumpIf(Condition.Below, R2, place + 2, _silent);
            _asm.Load(Width.Half, R2, R8, (short)(RejectWork.Transport + place));
            _asm.JumpIf(Condition.Equal, R2, R7, _unknown);
            _asm.Mark(other);
        }

        if (!_with.IsReset) { _asm.JumpIf(Condition.Equal, R1, Dccp, _unknown); }
        _asm.Jump(_silent);
        _asm.Mark(right);
    }

    /// <summary>R1 = the first byte of the MAC address that the packet was sent to; the answer's header has it by now.</summary>
    private void EmitLoadDestinationMac() => _asm.Load(Width.Byte, R1, R8, RejectWork.Head + 6);

    private void EmitNoChecksum(Label right)
    {
        var sums = _asm.NewLabel("has a checksum");
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        foreach (var protocol in new[] { 47, 50, 51, 132, 136 }) { _asm.JumpIf(Condition.Equal, R1, protocol, right); }
        _asm.JumpIf(Condition.NotEqual, R1, Udp, sums);
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportLength);
        _asm.JumpIf(Condition.Below, R1, 8, sums);
        _asm.Load(Width.Half, R1, R8, RejectWork.Transport + 6);
        _asm.JumpIf(Condition.Equal, R1, 0, right);
        _asm.Mark(sums);
    }

    /// <summary>Its sum goes to <see cref="RejectWork.Pseudo"/>, folded; 0 for protocols of IPv4 that have none.</summary>
    private void EmitPseudoHeader()
    {
        var done = _asm.NewLabel("pseudo-header");
        _asm.StoreImmediate(Width.Double, R8, RejectWork.Pseudo, 0);
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        if (IsIPv4 && !_with.IsReset)
        {
            var summed = _asm.NewLabel("TCP or UDP");
            _asm.JumpIf(Condition.Equal, R1, Tcp, summed);
            _asm.JumpIf(Condition.NotEqual, R1, Udp, done);
            _asm.Mark(summed);
        }

        _asm.Alu(AluOp.ShiftLeft, R1, 8);
        EmitAddAddresses(R1, R2);
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.TransportLength);
        _asm.SwapToHost(R2, 16);
        _asm.Alu(AluOp.Add, R1, R2);
        RejectSum.EmitFold(_asm, R1, R2);
        _asm.Store(Width.Double, R8, RejectWork.Pseudo, R1);
        _asm.Mark(done);
    }

    /// <summary>Adds the words of both addresses as the packet has them.</summary>
    private void EmitAddAddresses(Register sum, Register free)
    {
        for (short i = 0; i < 32; i += 4)
        {
            if (IsIPv4 && i % 16 != 12) { continue; }
            _asm.Load(Width.Word, free, R8, (short)(RejectWork.Source + i));
            _asm.Alu(AluOp.Add, sum, free);
        }
    }

    /// <summary>IP options; resets to a frame for all, or to one that XDP can hardly read.</summary>
    private void EmitUnknownTests()
    {
        if (_with.IsReset)
        {
            EmitLoadDestinationMac();
            _asm.JumpIf(Condition.AnyBit, R1, 1, _unknown);

            // The answer is written where the packet is.
            _asm.Load(Width.Word, R7, R6, XdpContextField.Data);
            _asm.Load(Width.Word, R3, R6, XdpContextField.DataEnd);
            EmitCheck(HeadLength);
        }

        if (!IsIPv4) { return; }
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportOffset);
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.NetworkOffset);
        _asm.Alu(AluOp.Subtract, R1, R2);
        _asm.JumpIf(Condition.NotEqual, R1, 20, _unknown);
    }

    private static int Swap(ushort value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);

    /// <summary>So many bytes from R7 on must be readable; R3 is their end. Uses R1.</summary>
    private void EmitCheck(int bytes)
    {
        _asm.Move(R1, R7);
        _asm.Alu(AluOp.Add, R1, bytes);
        _asm.JumpIf(Condition.Above, R1, R3, _unknown);
    }

    private void Copy(Register target, short to, Register source, short from, Width width)
    {
        _asm.Load(width, R1, source, from);
        _asm.Store(width, target, to, R1);
    }

    private void CopyToHead(short to, Register source, short from, int bytes)
    {
        for (short i = 0; i < bytes; i += 2) { Copy(R8, (short)(RejectWork.Head + to + i), source, (short)(from + i), Width.Half); }
    }
}
