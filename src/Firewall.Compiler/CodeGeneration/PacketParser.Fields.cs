using Firewall.Bpf.Isa;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;
using Label = Firewall.Bpf.Assembly.Label;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>Reading the fields that rules ask for.</summary>
internal sealed partial class PacketParser
{
    private void EmitFields(FieldSlots slots)
    {
        foreach (var (field, slot) in slots.Fields.OrderBy(f => f.Value)) { EmitField(field, slot, slots.Family); }
        foreach (var header in Enum.GetValues<HeaderBase>())
        {
            if (header is not (HeaderBase.Link or HeaderBase.Network)) { EmitHeader(slots, header); }
        }
    }

    private void EmitField(Field field, short slot, Family family)
    {
        if (searches.Access.TryEmitField(asm, field, family, hook, slot)) { return; }
        var v4 = family == Family.IPv4;
        switch (field.Kind)
        {
            case FieldKind.SourceAddress:
                EmitAddress(slot, v4 ? 12 : 8, v4 ? 1 : 4);
                break;
            case FieldKind.DestinationAddress:
                EmitAddress(slot, v4 ? 16 : 24, v4 ? 1 : 4);
                break;
            case FieldKind.FragmentOffset:
                asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
                if (v4) { asm.Alu(AluOp.And, R1, 0x1FFF); }
                else
                {
                    asm.Alu(AluOp.ShiftRight, R1, 3);
                    asm.Load(Width.Double, R2, Scratch.Base, Scratch.ChainIntact);
                    asm.Alu(AluOp.And, R1, R2);
                }

                asm.Store(Width.Word, Scratch.Base, slot, R1);
                break;
            case FieldKind.TotalLength:
                asm.Load(Width.Double, R1, Scratch.Base, Scratch.Bytes);
                asm.Store(Width.Word, Scratch.Base, slot, R1);
                break;
            case FieldKind.TimeToLive:
                asm.Load(Width.Byte, R1, R7, (short)(v4 ? 8 : 7));
                if (hook == Hook.Forward && searches.Access.IsOnTheWire) { asm.Alu(AluOp.Subtract, R1, 1); }
                asm.Store(Width.Word, Scratch.Base, slot, R1);
                break;
            case FieldKind.TypeOfService when v4:
                asm.Load(Width.Byte, R1, R7, 1);
                asm.Store(Width.Word, Scratch.Base, slot, R1);
                break;
            case FieldKind.TypeOfService:
                asm.Load(Width.Half, R1, R7, 0);
                asm.SwapToHost(R1, 16);
                asm.Alu(AluOp.ShiftRight, R1, 4);
                asm.Alu(AluOp.And, R1, 0xFF);
                asm.Store(Width.Word, Scratch.Base, slot, R1);
                break;
            case FieldKind.PacketType:
                EmitPacketType(slot);
                break;
            case FieldKind.Bytes when field.Base == HeaderBase.Link:
                EmitLinkPointer();
                EmitBytes(field, slot, R2);
                break;
            case FieldKind.Bytes when field.Base == HeaderBase.Network:
                EmitBytes(field, slot, R7);
                break;
            case FieldKind.Bytes:
                ZeroSlot(slot, FieldSlots.Size(field));
                break;
            case FieldKind.Mark:
                asm.StoreImmediate(Width.Word, Scratch.Base, slot, 0);
                break;
            case FieldKind.Protocol or FieldKind.TransportLength or FieldKind.EthernetLink:
                // Already in place, or answered without a slot.
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(field), field.Kind, "no reader for this field");
        }
    }

    private void ZeroSlot(short slot, int size)
    {
        for (short i = 0; i < size; i += 4) { asm.StoreImmediate(Width.Word, Scratch.Base, (short)(slot + i), 0); }
    }

    private void EmitAddress(short slot, int offset, int words)
    {
        for (var i = 0; i < words; i++)
        {
            asm.Load(Width.Word, R1, R7, (short)(offset + (4 * i)));
            asm.Store(Width.Word, Scratch.Base, (short)(slot + (4 * i)), R1);
        }
    }

    /// <summary>R2 = the Ethernet header.</summary>
    private void EmitLinkPointer()
    {
        searches.Access.EmitStart(asm, R2);
        asm.Move(R1, R2);
        asm.Alu(AluOp.Add, R1, EthernetHeader);
        asm.JumpIf(Condition.Above, R1, R8, tails.Defer(DeferReason.Truncated));
    }

    /// <summary>The class that eth_type_trans (net/ethernet/eth.c) gives the frame.</summary>
    private void EmitPacketType(short slot)
    {
        var done = asm.NewLabel("packet type");
        EmitLinkPointer();
        asm.StoreImmediate(Width.Word, Scratch.Base, slot, (int)PacketClass.Host);
        asm.Load(Width.Byte, R1, R2, 0);
        asm.Alu(AluOp.And, R1, 1);
        asm.JumpIf(Condition.Equal, R1, 0, done);
        asm.StoreImmediate(Width.Word, Scratch.Base, slot, (int)PacketClass.Multicast);
        asm.Load(Width.Word, R1, R2, 0);
        asm.Alu32(AluOp.Xor, R1, -1);
        asm.Load(Width.Half, R2, R2, 4);
        asm.Alu32(AluOp.Xor, R2, 0xFFFF);
        asm.Alu(AluOp.Or, R1, R2);
        asm.JumpIf(Condition.NotEqual, R1, 0, done);
        asm.StoreImmediate(Width.Word, Scratch.Base, slot, (int)PacketClass.Broadcast);
        asm.Mark(done);
    }

    /// <summary>Copies a field at a pointer whose range has been checked, to host order. Uses R1 and R3.</summary>
    private void EmitBytes(Field field, short slot, Register header)
    {
        if (field.Length == 6)
        {
            asm.Load(Width.Half, R1, header, (short)field.Offset);
            asm.SwapToHost(R1, 16);
            asm.Alu(AluOp.ShiftLeft, R1, 32);
            asm.Load(Width.Word, R3, header, (short)(field.Offset + 2));
            asm.SwapToHost(R3, 32);
            asm.Alu(AluOp.Or, R1, R3);
        }
        else
        {
            asm.Load(SearchEmitter.WidthOf(field.Length), R1, header, (short)field.Offset);
            if (field.Length > 1) { asm.SwapToHost(R1, field.Length * 8); }
        }

        asm.Store(FieldSlots.Size(field) == 8 ? Width.Double : Width.Word, Scratch.Base, slot, R1);
    }

    /// <summary>A pointer to a header behind the network header; too far for the verifier goes to <paramref name="unreadable"/>. Uses R1.</summary>
    private void EmitPointer(HeaderBase header, Register pointer, Label unreadable)
    {
        asm.Load(Width.Word, R1, Scratch.Base, SearchEmitter.PlaceOf(header));
        asm.JumpIf(Condition.Above, R1, searches.Access.FarthestOffset, unreadable);
        searches.Access.EmitStart(asm, pointer);
        asm.Alu(AluOp.Add, pointer, R1);
    }

    /// <summary>
    /// Opens the header's gates and reads its fields, in ascending distance: at the first distance that the packet, or the readable part of it, does
    /// not reach, the rest stays shut and zero.
    /// </summary>
    private void EmitHeader(FieldSlots slots, HeaderBase header)
    {
        var extents = slots.Extents(header);
        if (extents.IsEmpty) { return; }
        var gates = slots.Gates.Where(g => g.Key.Base == header).ToList();
        foreach (var gate in gates)
        {
            asm.StoreImmediate(Width.Double, Scratch.Base, gate.Value.Open, 0);
            if (gate.Value.Missed is { } missed) { asm.StoreImmediate(Width.Word, Scratch.Base, missed, 0); }
        }

        var done = asm.NewLabel("header read");
        if (header != HeaderBase.Transport) { EmitPresence(gates, header, done); }
        EmitPointer(header, R2, done);
        var read = 0;
        foreach (var extent in extents)
        {
            EmitRemaining(header);
            asm.JumpIf(Condition.SignedLess, R4, extent, done);
            asm.Move(R4, R2);
            asm.Alu(AluOp.Add, R4, extent);
            asm.JumpIf(Condition.Above, R4, R8, done);
            foreach (var gate in gates.Where(g => g.Key.Bytes == extent).Select(g => g.Value.Open).Distinct())
            {
                asm.StoreImmediate(Width.Double, Scratch.Base, gate, -1);
            }

            var reach = read;
            foreach (var (field, slot) in slots.Fields.Where(f => f.Key.Kind == FieldKind.Bytes && f.Key.Base == header
                && f.Key.Offset + f.Key.Length > reach && f.Key.Offset + f.Key.Length <= extent).OrderBy(f => f.Value))
            {
                EmitBytes(field, slot, R2);
            }

            read = extent;
        }

        asm.Mark(done);
    }

    /// <summary>R4 = bytes of the packet behind the header's start; may be negative where a length lied. Uses R1.</summary>
    private void EmitRemaining(HeaderBase header)
    {
        if (header == HeaderBase.Transport)
        {
            asm.Load(Width.Word, R4, Scratch.Base, Scratch.TransportLength);
            return;
        }

        asm.Load(Width.Word, R4, Scratch.Base, Scratch.PacketEnd);
        asm.Load(Width.Word, R1, Scratch.Base, SearchEmitter.PlaceOf(header));
        asm.Alu(AluOp.Subtract, R4, R1);
    }

    /// <summary>
    /// ipv6_find_hdr: an absent header is an ordinary miss, unless the chain broke before it could have been found. A header that is there but
    /// too short is a miss for gates that say so.
    /// </summary>
    private void EmitPresence(List<KeyValuePair<HeaderGate, GateSlots>> gates, HeaderBase header, Label done)
    {
        var present = asm.NewLabel("header present");
        asm.Load(Width.Word, R1, Scratch.Base, SearchEmitter.PlaceOf(header));
        asm.JumpIf(Condition.NotEqual, R1, 0, present);
        asm.Load(Width.Word, R2, Scratch.Base, Scratch.AbsenceIsCertain);
        foreach (var gate in gates) { asm.Store(Width.Word, Scratch.Base, gate.Value.Missed!.Value, R2); }
        asm.Jump(done);
        asm.Mark(present);
        foreach (var (gate, place) in gates.Where(g => g.Key.WhenShort == WhenMissing.NoMatch))
        {
            var enough = asm.NewLabel("long enough");
            asm.Load(Width.Word, R2, Scratch.Base, Scratch.PacketEnd);
            asm.Alu(AluOp.Subtract, R2, R1);
            asm.JumpIf(Condition.SignedGreaterOrEqual, R2, gate.Bytes, enough);
            asm.StoreImmediate(Width.Word, Scratch.Base, place.Missed!.Value, 1);
            asm.Mark(enough);
        }
    }
}
