using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The start of every program: reads the frame's headers with all bounds checks, defers what the chain would never see as it is on the wire, and
/// leaves every fact that the rules ask for in <see cref="Scratch"/>.
/// </summary>
/// <remarks>Registers: R6 context, R7 start of the frame, later of the IP header, R8 end of the readable bytes.</remarks>
internal sealed partial class PacketParser(Assembler asm, PartTails tails, CompileOptions options, Hook hook, InterfacePatterns interfaces, SearchFunctions searches)
{
    // EtherTypes as a little-endian load sees them.
    private const int EtherIPv4 = 0x0008;
    private const int EtherIPv6 = 0xDD86;
    private const int EtherTag = 0x0081;
    private const int EtherServiceTag = 0xA888;
    private const int VlanIdMask = 0xFF0F;

    private const int EthernetHeader = 14;
    private const int MostTags = 2;

    /// <summary>Parses the frame and jumps to the family's label; a family without rules has none.</summary>
    public void Emit(FieldSlots? ipv4, Label? start4, FieldSlots? ipv6, Label? start6, MapSpec? interfaceMap, bool alwaysRisky)
    {
        searches.Access.EmitEnter(asm, tails);
        EmitReset();
        searches.Access.EmitArrival(asm, tails, interfaces);
        EmitLoadFrame();
        if (searches.Access.IsOnTheWire)
        {
            asm.Move(R1, R8);
            asm.Alu(AluOp.Subtract, R1, R7);
            asm.Store(Width.Word, Scratch.Base, Scratch.LinearLength, R1);
        }

        if (interfaceMap is not null) { EmitInterface(interfaceMap); }
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Risky, alwaysRisky ? 1 : 0);
        if (interfaceMap is not null) { EmitRiskyWhenUnknown(); }
        EmitLink(out var isIPv4, out var isIPv6);
        asm.Mark(isIPv4);
        if (ipv4 is null) { asm.Jump(tails.Defer(DeferReason.NoRulesForFamily)); }
        else
        {
            EmitNetwork(Family.IPv4);
            EmitIPv4();
            EmitFields(ipv4);
            asm.Jump(start4!);
        }

        asm.Mark(isIPv6);
        if (ipv6 is null) { asm.Jump(tails.Defer(DeferReason.NoRulesForFamily)); }
        else
        {
            EmitNetwork(Family.IPv6);
            EmitIPv6();
            EmitFields(ipv6);
            asm.Jump(start6!);
        }
    }

    private void EmitReset()
    {
        asm.StoreImmediate(Width.Double, Scratch.Base, Scratch.Verdict, 0);
        asm.StoreImmediate(Width.Double, Scratch.Base, Scratch.Reason, 0);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.LogCount, 0);
        asm.StoreImmediate(Width.Double, Scratch.Base, Scratch.InterfaceKnown, -1);
        for (var i = Scratch.NetworkOffset; i < Scratch.Locals; i += 8)
        {
            if (i != Scratch.LinearLength) { asm.StoreImmediate(Width.Double, Scratch.Base, i, 0); }
        }
    }

    private void EmitLoadFrame()
    {
        searches.Access.EmitStart(asm, R7);
        searches.Access.EmitEnd(asm, R8);
    }

    /// <summary>The bits of the input device, or all ones and "unknown".</summary>
    private void EmitInterface(MapSpec map)
    {
        var (unknown, done) = (asm.NewLabel("unknown device"), asm.NewLabel("device looked up"));
        asm.Load(Width.Word, R1, R6, XdpContextField.IngressIfindex);
        MapAccess.EmitLookup(asm, map, R1);
        asm.JumpIf(Condition.Equal, R0, 0, unknown);
        for (short i = 0; i < interfaces.WordCount * 8; i += 8)
        {
            asm.Load(Width.Double, R1, R0, i);
            asm.Store(Width.Double, Scratch.Base, (short)(interfaces.Words + i), R1);
        }

        asm.Jump(done);
        asm.Mark(unknown);
        for (short i = 0; i < interfaces.WordCount * 8; i += 8)
        {
            asm.StoreImmediate(Width.Double, Scratch.Base, (short)(interfaces.Words + i), -1);
        }

        asm.StoreImmediate(Width.Double, Scratch.Base, Scratch.InterfaceKnown, 0);
        asm.Mark(done);
    }

    private void EmitRiskyWhenUnknown()
    {
        var known = asm.NewLabel("device known");
        asm.Load(Width.Double, R1, Scratch.Base, Scratch.InterfaceKnown);
        asm.JumpIf(Condition.NotEqual, R1, 0, known);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Risky, 1);
        asm.Mark(known);
    }

    /// <summary>Ethernet and up to two priority tags.</summary>
    private void EmitLink(out Label isIPv4, out Label isIPv6)
    {
        isIPv4 = asm.NewLabel("IPv4");
        isIPv6 = asm.NewLabel("IPv6");
        var classify = asm.NewLabel("ethertype");
        for (var tags = 0; tags <= MostTags; tags++)
        {
            var offset = EthernetHeader + (4 * tags);
            asm.Move(R1, R7);
            asm.Alu(AluOp.Add, R1, offset);
            asm.JumpIf(Condition.Above, R1, R8, tails.Defer(DeferReason.Truncated));
            if (tags > 0)
            {
                asm.Load(Width.Half, R2, R7, (short)(offset - 4));
                asm.Alu(AluOp.And, R2, VlanIdMask);
                asm.JumpIf(Condition.NotEqual, R2, 0, tails.Defer(DeferReason.Vlan));
            }

            asm.Load(Width.Half, R3, R7, (short)(offset - 2));
            asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.NetworkOffset, offset);
            var tagged = asm.NewLabel("tagged");
            asm.JumpIf(Condition.Equal, R3, EtherTag, tagged);
            asm.JumpIf(Condition.NotEqual, R3, EtherServiceTag, classify);
            asm.Mark(tagged);
        }

        asm.Jump(tails.Defer(DeferReason.Vlan));
        asm.Mark(classify);
        asm.JumpIf(Condition.Equal, R3, EtherIPv4, isIPv4);
        asm.JumpIf(Condition.Equal, R3, EtherIPv6, isIPv6);
        asm.Jump(tails.Defer(DeferReason.NotIp));
    }

    /// <summary>R7 = the IP header, whose fixed part is readable.</summary>
    private void EmitNetwork(Family family)
    {
        // Fresh pointers: what the verifier knew of the old ones differs by the number of tags.
        EmitLoadFrame();
        if (!options.HostMac.IsEmpty) { EmitMac(); }
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.NetworkOffset);
        asm.JumpIf(Condition.Above, R1, EthernetHeader + (4 * MostTags), tails.Abort);
        asm.Alu(AluOp.Add, R7, R1);
        asm.Move(R1, R7);
        asm.Alu(AluOp.Add, R1, family == Family.IPv4 ? 20 : 40);
        asm.JumpIf(Condition.Above, R1, R8, tails.Defer(DeferReason.Truncated));
        asm.Load(Width.Byte, R1, R7, 0);
        asm.Move(R2, R1);
        asm.Alu(AluOp.ShiftRight, R2, 4);
        asm.JumpIf(Condition.NotEqual, R2, (int)family, tails.Defer(DeferReason.Stack));
    }

    /// <summary>Frames to another host's address never reach the chain.</summary>
    private void EmitMac()
    {
        var ours = asm.NewLabel("our MAC");
        asm.Move(R1, R7);
        asm.Alu(AluOp.Add, R1, EthernetHeader);
        asm.JumpIf(Condition.Above, R1, R8, tails.Defer(DeferReason.Truncated));
        asm.Load(Width.Byte, R1, R7, 0);
        asm.JumpIf(Condition.AnyBit, R1, 1, ours);
        asm.Load(Width.Word, R1, R7, 0);
        asm.Load(Width.Half, R2, R7, 4);
        var mac = options.HostMac.AsSpan();
        asm.Alu32(AluOp.Xor, R1, System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(mac));
        asm.Alu32(AluOp.Xor, R2, System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(mac[4..]));
        asm.Alu(AluOp.Or, R1, R2);
        asm.JumpIf(Condition.NotEqual, R1, 0, tails.Defer(DeferReason.Stack));
        asm.Mark(ours);
    }

    /// <summary>The packet, whose length is in R2, must fit the frame; bytes beyond data_end make it risky.</summary>
    private void EmitEnd()
    {
        var fits = asm.NewLabel("fits");
        asm.Store(Width.Double, Scratch.Base, Scratch.Bytes, R2);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.NetworkOffset);
        asm.Alu(AluOp.Add, R2, R1);
        asm.Store(Width.Word, Scratch.Base, Scratch.PacketEnd, R2);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.LinearLength);
        asm.JumpIf(Condition.BelowOrEqual, R2, R1, fits);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.Risky, 1);
        searches.Access.EmitLength(asm);
        asm.Load(Width.Word, R2, Scratch.Base, Scratch.PacketEnd);
        asm.JumpIf(Condition.Below, R0, R2, tails.Defer(DeferReason.Stack));
        asm.Mark(fits);
    }

    private void EmitIPv4()
    {
        asm.Alu(AluOp.And, R1, 15);
        asm.Alu(AluOp.ShiftLeft, R1, 2);
        asm.JumpIf(Condition.Below, R1, 20, tails.Defer(DeferReason.Stack));
        asm.Load(Width.Half, R2, R7, 2);
        asm.SwapToHost(R2, 16);
        asm.JumpIf(Condition.Below, R2, R1, tails.Defer(DeferReason.Stack));
        asm.Move(R3, R2);
        asm.Alu(AluOp.Subtract, R3, R1);
        asm.Store(Width.Word, Scratch.Base, Scratch.TransportLength, R3);
        asm.Load(Width.Word, R3, Scratch.Base, Scratch.NetworkOffset);
        asm.Alu(AluOp.Add, R3, R1);
        asm.Store(Width.Word, Scratch.Base, Scratch.TransportOffset, R3);
        EmitEnd();
        asm.Load(Width.Half, R1, R7, 6);
        asm.SwapToHost(R1, 16);
        asm.Store(Width.Word, Scratch.Base, Scratch.FragmentWord, R1);
        if (hook == Hook.Input || options.DefragmentsIPv4)
        {
            asm.Alu(AluOp.And, R1, 0x3FFF);
            asm.JumpIf(Condition.NotEqual, R1, 0, tails.Defer(DeferReason.Fragment));
        }

        asm.Load(Width.Byte, R1, R7, 9);
        asm.Store(Width.Word, Scratch.Base, Scratch.Protocol, R1);
        EmitDestination(Family.IPv4, offset: 16, words: 1);
        if (options.PassDhcp && hook == Hook.Input) { EmitDhcp(); }
        EmitTimeToLive(offset: 8);
    }

    private void EmitIPv6()
    {
        asm.Load(Width.Half, R2, R7, 4);
        asm.SwapToHost(R2, 16);
        asm.Load(Width.Byte, R3, R7, 6);

        // A payload length of 0 before hop-by-hop options is a jumbogram's.
        asm.Alu(AluOp.Or, R3, R2);
        asm.Move(R4, R2);
        asm.Alu(AluOp.Add, R2, 40);
        var plain = asm.NewLabel("no jumbogram");
        asm.JumpIf(Condition.NotEqual, R3, 0, plain);
        asm.Store(Width.Double, Scratch.Base, Scratch.Bytes, R4);
        asm.Jump(tails.Defer(DeferReason.Stack));
        asm.Mark(plain);
        EmitEnd();
        asm.Move(R1, R6);
        asm.Call(searches.NameOf(IPv6Walk.Program));
        asm.JumpIf(Condition.Equal, R0, SearchEmitter.Truncated, tails.Defer(DeferReason.Truncated));
        if (options.DefragmentsIPv6)
        {
            asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
            asm.Alu(AluOp.And, R1, 0xFFF9);
            asm.JumpIf(Condition.NotEqual, R1, 0, tails.Defer(DeferReason.Fragment));
        }

        EmitDestination(Family.IPv6, offset: 24, words: 4);
        EmitTimeToLive(offset: 7);
    }

    private void EmitTimeToLive(short offset)
    {
        if (hook != Hook.Forward || !searches.Access.IsOnTheWire) { return; }
        asm.Load(Width.Byte, R1, R7, offset);
        asm.JumpIf(Condition.BelowOrEqual, R1, 1, tails.Defer(DeferReason.Ttl));
    }

    /// <summary>INPUT judges what goes to this host, FORWARD what goes elsewhere.</summary>
    private void EmitDestination(Family family, short offset, int words)
    {
        if (options.DestinationsOf(family) == DestinationScope.Any || hook == Hook.Prerouting) { return; }
        const short Key = -16;
        for (var i = 0; i < words; i++)
        {
            asm.Load(Width.Word, R1, R7, (short)(offset + (4 * i)));
            asm.Store(Width.Word, FramePointer, (short)(Key + (4 * i)), R1);
        }

        MapAccess.EmitLookupOfKey(asm, HostAddressMaps.For(family), Key);
        if (hook == Hook.Input) { asm.JumpIf(Condition.Equal, R0, 0, tails.Defer(DeferReason.Destination)); }
        else
        {
            var elsewhere = asm.NewLabel("for another host");
            asm.JumpIf(Condition.Equal, R0, 0, elsewhere);
            if (options.PassDhcp && family == Family.IPv4) { EmitDhcp(); }
            asm.Jump(tails.Defer(DeferReason.Destination));
            asm.Mark(elsewhere);
        }
    }

    /// <summary>UDP from port 67 to port 68 passes: the client reads it from a packet socket, before iptables. Never what is to be forwarded.</summary>
    private void EmitDhcp()
    {
        var other = asm.NewLabel("not DHCP");
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
        asm.JumpIf(Condition.AnyBit, R1, 0x3FFF, other);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Protocol);
        asm.JumpIf(Condition.NotEqual, R1, 17, other);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.TransportLength);
        asm.JumpIf(Condition.Below, R1, 8, other);
        EmitPointer(HeaderBase.Transport, R2, other);
        asm.Move(R3, R2);
        asm.Alu(AluOp.Add, R3, 4);
        asm.JumpIf(Condition.Above, R3, R8, other);
        asm.Load(Width.Word, R1, R2, 0);
        asm.SwapToHost(R1, 32);
        asm.JumpIf(Condition.Equal, R1, (67 << 16) | 68, tails.Defer(DeferReason.Dhcp));
        asm.Mark(other);
    }
}
