using Firewall.Bpf.Isa;
using Firewall.Rules.Evaluation;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

internal sealed partial class RejectEmitter
{
    /// <summary>Bytes of the rejected packet that an error quotes at most: 576 and 1280 bytes less its headers.</summary>
    private int MostQuoted => IsIPv4 ? 576 - 20 - 8 : 1280 - 40 - 8;

    /// <summary>
    /// R2 = length of the IP packet; or, of what an error quotes, R2 = that. Uses R1 and R3.
    /// </summary>
    private void EmitQuotedLength()
    {
        var whole = _asm.NewLabel("all quoted");
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.PacketEnd);
        _asm.Load(Width.Word, R1, Scratch.Base, Scratch.NetworkOffset);
        _asm.Alu(AluOp.Subtract, R2, R1);
        _asm.JumpIf(Condition.BelowOrEqual, R2, MostQuoted, whole);
        _asm.Move(R2, MostQuoted);
        _asm.Mark(whole);
    }

    /// <summary>
    /// The answer must leave by the interface that the packet came in by, and fit its MTU. The kernel says to which MAC address, and from which IP address where
    /// the packet was not for this host.
    /// </summary>
    private void EmitRoute()
    {
        // struct bpf_fib_lookup (include/uapi/linux/bpf.h), at the lowest address of the frame.
        const short Route = -64;
        const short TransportProtocol = 1, TotalLength = 6, Interface = 8, From = 16, To = 32, SourceMac = 52, DestinationMac = 58;
        const int Size = 64, IPv4 = 2, IPv6 = 10, FindSource = 1 << 4, ForwardingDisabled = 5;
        var (trusted, done) = (_asm.NewLabel("no routes told"), _asm.NewLabel("route known"));
        var findsSource = _hook == Hook.Forward && !_with.IsReset;
        for (short i = 0; i < Size; i += 8) { _asm.StoreImmediate(Width.Double, FramePointer, (short)(Route + i), 0); }
        _asm.StoreImmediate(Width.Byte, FramePointer, Route, IsIPv4 ? IPv4 : IPv6);
        _asm.StoreImmediate(Width.Byte, FramePointer, Route + TransportProtocol, Protocol);
        if (_with.IsReset) { _asm.Move(R2, IPHeader + 20); }
        else
        {
            EmitQuotedLength();
            _asm.Store(Width.Double, R8, RejectWork.Quoted, R2);
            _asm.Alu(AluOp.Add, R2, IPHeader + 8);
        }

        _asm.Store(Width.Half, FramePointer, Route + TotalLength, R2);
        _asm.Load(Width.Word, R7, R6, XdpContextField.IngressIfindex);
        _asm.Store(Width.Word, FramePointer, Route + Interface, R7);
        for (short i = 0; i < (IsIPv4 ? 4 : 16); i += 4)
        {
            var word = (short)(i + (IsIPv4 ? 12 : 0));
            Copy(FramePointer, (short)(Route + To + i), R8, (short)(RejectWork.Source + word), Width.Word);
            if (!findsSource) { Copy(FramePointer, (short)(Route + From + i), R8, (short)(RejectWork.Destination + word), Width.Word); }
        }

        _asm.Move(R1, R6);
        _asm.Move(R2, FramePointer);
        _asm.Alu(AluOp.Add, R2, Route);
        _asm.Move(R3, Size);
        _asm.Move(R4, findsSource ? FindSource : 0);
        _asm.CallHelper(HelperFunction.FibLookup);
        if (_hook == Hook.Input) { _asm.JumpIf(Condition.Equal, R0, ForwardingDisabled, trusted); }
        _asm.JumpIf(Condition.NotEqual, R0, 0, _unknown);
        _asm.Load(Width.Word, R1, FramePointer, Route + Interface);
        _asm.JumpIf(Condition.NotEqual, R1, R7, _unknown);
        CopyToHead(0, FramePointer, Route + DestinationMac, 6);
        CopyToHead(6, FramePointer, Route + SourceMac, 6);
        for (short i = 0; findsSource && i < (IsIPv4 ? 4 : 16); i += 4)
        {
            // From here on, the answer's source stands where the rejected packet's destination stood.
            Copy(R8, (short)(RejectWork.Destination + i + (IsIPv4 ? 12 : 0)), FramePointer, (short)(Route + From + i), Width.Word);
        }

        if (_hook != Hook.Input) { return; }
        _asm.Jump(done);
        _asm.Mark(trusted);
        _asm.LoadMapValue(R1, RejectMaps.Limits, 0);
        _asm.Load(Width.Double, R1, R1, RejectLimits.FlagsPlace);
        _asm.Alu(AluOp.And, R1, RejectLimits.TrustsSender);
        _asm.JumpIf(Condition.Equal, R1, 0, _unknown);
        _asm.Mark(done);
    }

    /// <summary>Writes the answer's headers to <see cref="RejectWork.Head"/>, which is zero behind Ethernet.</summary>
    private void EmitHead()
    {
        if (_with.IsReset) { EmitReset(); }
        else { EmitUnreachable(); }
        const short IP = EthernetHeader;
        _asm.LoadMapValue(R1, RejectMaps.Limits, 0);
        _asm.Load(Width.Double, R2, R1, IsIPv4 ? RejectLimits.TimeToLivePlace : RejectLimits.HopLimitPlace);
        _asm.Store(Width.Byte, R8, (short)(IsIPv4 ? IP + 8 : IP + 7), R2);
        _asm.StoreImmediate(Width.Byte, R8, (short)(IsIPv4 ? IP + 9 : IP + 6), Protocol);
        if (!IsIPv4)
        {
            _asm.StoreImmediate(Width.Byte, R8, IP, 0x60);
            for (short i = 0; i < 16; i += 4)
            {
                Copy(R8, (short)(IP + 8 + i), R8, (short)(RejectWork.Destination + i), Width.Word);
                Copy(R8, (short)(IP + 24 + i), R8, (short)(RejectWork.Source + i), Width.Word);
            }

            return;
        }

        _asm.StoreImmediate(Width.Byte, R8, IP, 0x45);
        Copy(R8, IP + 12, R8, RejectWork.Destination + 12, Width.Word);
        Copy(R8, IP + 16, R8, RejectWork.Source + 12, Width.Word);
        _asm.Move(R2, 0);
        for (short i = 0; i < 20; i += 2)
        {
            _asm.Load(Width.Half, R1, R8, (short)(IP + i));
            _asm.Alu(AluOp.Add, R2, R1);
        }

        EmitStoreChecksum(IP + 10, isNeverZero: false);
    }

    /// <summary>Stores the complement of the sum in R2. Uses R1.</summary>
    private void EmitStoreChecksum(short place, bool isNeverZero)
    {
        RejectSum.EmitFold(_asm, R2, R1);
        _asm.Alu(AluOp.Xor, R2, 0xffff);
        if (isNeverZero)
        {
            var set = _asm.NewLabel("not zero");
            _asm.JumpIf(Condition.NotEqual, R2, 0, set);
            _asm.Move(R2, 0xffff);
            _asm.Mark(set);
        }

        _asm.Store(Width.Half, R8, place, R2);
    }

    /// <summary>R2 = the sum of the answer's pseudo-header, whose length is in R2 now. Uses R1.</summary>
    private void EmitAnswersPseudoHeader()
    {
        _asm.SwapToHost(R2, 16);
        _asm.Alu(AluOp.Add, R2, Protocol << 8);
        EmitAddAddresses(R2, R1);
    }

    private void EmitReset()
    {
        const int Fin = 1, Syn = 2, Rst = 4, Ack = 16;
        var (acknowledged, flagged, noSyn, noFin) = (_asm.NewLabel("has ACK"), _asm.NewLabel("flags"), _asm.NewLabel("no SYN"), _asm.NewLabel("no FIN"));
        _asm.StoreImmediate(Width.Half, R8, (short)(EthernetHeader + (IsIPv4 ? 2 : 4)), Swap((ushort)(IsIPv4 ? 40 : 20)));
        if (IsIPv4) { _asm.StoreImmediate(Width.Half, R8, EthernetHeader + 6, 0x0040); }
        var tcp = HeadTransport;
        Copy(R8, tcp, R8, RejectWork.Transport + 2, Width.Half);
        Copy(R8, (short)(tcp + 2), R8, RejectWork.Transport, Width.Half);
        _asm.StoreImmediate(Width.Byte, R8, (short)(tcp + 12), 5 << 4);
        _asm.Load(Width.Byte, R3, R8, RejectWork.Transport + 13);
        _asm.JumpIf(Condition.AnyBit, R3, Ack, acknowledged);
        _asm.Load(Width.Word, R1, R8, RejectWork.Transport + 4);
        _asm.SwapToHost(R1, 32);
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.TransportLength);
        _asm.Alu(AluOp.Add, R1, R2);
        _asm.Load(Width.Byte, R2, R8, RejectWork.Transport + 12);
        _asm.Alu(AluOp.ShiftRight, R2, 4);
        _asm.Alu(AluOp.ShiftLeft, R2, 2);
        _asm.Alu(AluOp.Subtract, R1, R2);
        _asm.Move(R2, R3);
        _asm.Alu(AluOp.And, R2, Syn);
        _asm.JumpIf(Condition.Equal, R2, 0, noSyn);
        _asm.Alu(AluOp.Add, R1, 1);
        _asm.Mark(noSyn);
        _asm.Move(R2, R3);
        _asm.Alu(AluOp.And, R2, Fin);
        _asm.JumpIf(Condition.Equal, R2, 0, noFin);
        _asm.Alu(AluOp.Add, R1, 1);
        _asm.Mark(noFin);
        _asm.SwapToHost(R1, 32);
        _asm.Store(Width.Word, R8, (short)(tcp + 8), R1);
        _asm.StoreImmediate(Width.Byte, R8, (short)(tcp + 13), Rst | Ack);
        _asm.Jump(flagged);
        _asm.Mark(acknowledged);
        Copy(R8, (short)(tcp + 4), R8, RejectWork.Transport + 8, Width.Word);
        _asm.StoreImmediate(Width.Byte, R8, (short)(tcp + 13), Rst);
        _asm.Mark(flagged);
        _asm.Move(R2, 20);
        EmitAnswersPseudoHeader();
        for (short i = 0; i < 20; i += 2)
        {
            _asm.Load(Width.Half, R1, R8, (short)(tcp + i));
            _asm.Alu(AluOp.Add, R2, R1);
        }

        EmitStoreChecksum((short)(tcp + 16), isNeverZero: IsIPv4);
    }

    private void EmitUnreachable()
    {
        // What is quoted, and its sum.
        _asm.Load(Width.Word, R2, Scratch.Base, Scratch.NetworkOffset);
        _asm.Load(Width.Double, R3, R8, RejectWork.Quoted);
        _asm.Alu(AluOp.Add, R3, R2);
        RejectSum.Emit(_asm);
        _asm.JumpIf(Condition.Above, R0, 0xffff, _unknown);
        _asm.Move(R7, R0);

        // The hop that forwarding takes off: in IPv4 the header's own checksum makes up for it.
        if (_hook == Hook.Forward && !IsIPv4) { _asm.Alu(AluOp.Add, R7, 0xffff - 0x0100); }
        _asm.Load(Width.Double, R2, R8, RejectWork.Quoted);
        _asm.Alu(AluOp.Add, R2, IsIPv4 ? 28 : 8);
        _asm.Move(R1, R2);
        _asm.SwapToHost(R1, 16);
        _asm.Store(Width.Half, R8, (short)(EthernetHeader + (IsIPv4 ? 2 : 4)), R1);
        if (IsIPv4) { _asm.Move(R2, 0); }
        else { EmitAnswersPseudoHeader(); }
        _asm.Alu(AluOp.Add, R2, R7);
        _asm.StoreImmediate(Width.Byte, R8, HeadTransport, _with.Type);
        _asm.StoreImmediate(Width.Byte, R8, (short)(HeadTransport + 1), _with.Code!.Value);
        _asm.Load(Width.Half, R1, R8, HeadTransport);
        _asm.Alu(AluOp.Add, R2, R1);
        EmitStoreChecksum((short)(HeadTransport + 2), isNeverZero: false);
        if (!IsIPv4) { return; }
        _asm.Load(Width.Double, R1, R8, RejectWork.TypeOfService);
        _asm.Alu(AluOp.And, R1, 0x1e);
        _asm.Alu(AluOp.Or, R1, 0xc0);
        _asm.Store(Width.Byte, R8, EthernetHeader + 1, R1);
        _asm.CallHelper(HelperFunction.GetPrandomU32);
        _asm.Store(Width.Half, R8, EthernetHeader + 4, R0);
    }

    /// <summary>From here on the packet changes.</summary>
    private void EmitChange()
    {
        if (!_with.IsReset)
        {
            // Only the end that quotes the packet stays; the headers go in front of it.
            _asm.Load(Width.Word, R2, Scratch.Base, Scratch.NetworkOffset);
            _asm.Alu(AluOp.Subtract, R2, HeadLength);
            _asm.Move(R1, R6);
            _asm.CallHelper(HelperFunction.XdpAdjustHead);
            _asm.JumpIf(Condition.NotEqual, R0, 0, _unknown);
        }

        var cut = _asm.NewLabel("cut");
        _asm.Move(R1, R6);
        _asm.CallHelper(HelperFunction.XdpGetBufferLength);
        _asm.Move(R2, HeadLength);
        if (!_with.IsReset)
        {
            _asm.Load(Width.Double, R1, R8, RejectWork.Quoted);
            _asm.Alu(AluOp.Add, R2, R1);
        }

        _asm.Alu(AluOp.Subtract, R2, R0);
        _asm.JumpIf(Condition.Equal, R2, 0, cut);
        _asm.Move(R1, R6);
        _asm.CallHelper(HelperFunction.XdpAdjustTail);
        _asm.JumpIf(Condition.NotEqual, R0, 0, _silent);
        _asm.Mark(cut);
        _asm.Load(Width.Word, R7, R6, XdpContextField.Data);
        _asm.Load(Width.Word, R3, R6, XdpContextField.DataEnd);
        var takesHop = _hook == Hook.Forward && !_with.IsReset;
        _asm.Move(R1, R7);
        _asm.Alu(AluOp.Add, R1, HeadLength + (takesHop ? IPHeader : 0));
        _asm.JumpIf(Condition.Above, R1, R3, _silent);
        if (takesHop) { EmitTakeHop(); }
        short place = 0;
        for (; place + 8 <= HeadLength; place += 8) { Copy(R7, place, R8, (short)(RejectWork.Head + place), Width.Double); }
        for (; place < HeadLength; place += 2) { Copy(R7, place, R8, (short)(RejectWork.Head + place), Width.Half); }
    }

    /// <summary>ip_decrease_ttl (include/net/ip.h) on the quoted header. Uses R1 and R2.</summary>
    private void EmitTakeHop()
    {
        var hops = (short)(HeadLength + (IsIPv4 ? 8 : 7));
        _asm.Load(Width.Byte, R1, R7, hops);
        _asm.Alu(AluOp.Subtract, R1, 1);
        _asm.Store(Width.Byte, R7, hops, R1);
        if (!IsIPv4) { return; }
        var carried = _asm.NewLabel("carried");
        _asm.Load(Width.Half, R1, R7, (short)(HeadLength + 10));
        _asm.SwapToHost(R1, 16);
        _asm.Alu(AluOp.Add, R1, 0x0100);
        _asm.JumpIf(Condition.Below, R1, 0xffff, carried);
        _asm.Alu(AluOp.Add, R1, 1);
        _asm.Mark(carried);
        _asm.SwapToHost(R1, 16);
        _asm.Store(Width.Half, R7, (short)(HeadLength + 10), R1);
    }
}
