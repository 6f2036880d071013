using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Between PREROUTING and the chains behind it: asks the kernel where the packet goes. What has an address of <see cref="HostAddressMaps"/> is for this host;
/// what the routing tables send on is for FORWARD; of the rest nobody here is sure.
/// </summary>
/// <remarks>Registers: R6 context, R7 IP header, R8 its TTL or hop limit, R9 <see cref="Scratch"/>.</remarks>
internal sealed class Routing(Assembler asm, PartTails tails, PartContext context, Family family)
{
    private const int EthernetHeader = 14, MostTags = 2;

    // struct bpf_fib_lookup on the stack.
    private const short Route = -80;
    private const int Size = 64;
    private const short Interface = 8, TrafficClass = 12, From = 16, To = 32;
    private const int AddressesIPv4 = 2, AddressesIPv6 = 10;

    /// <summary>BPF_FIB_LKUP_RET_NO_NEIGH: the route is known, the neighbour's MAC address is not yet.</summary>
    private const int NoNeighbour = 7;

    private readonly Label _input = asm.NewLabel("for this host");
    private readonly Label _unknown = tails.Defer(DeferReason.Destination);

    private bool IsIPv4 => family == Family.IPv4;

    private FieldSlots Slots => context.SlotsOf(family);

    public void Emit(Label input, Label forward)
    {
        EmitQuestion();
        EmitIsOurs();
        EmitAsk();
        EmitForward(forward);
        asm.Mark(_input);

        // Before INPUT the kernel puts IPv4 fragments together in any case.
        if (IsIPv4 && !context.Options.DefragmentsIPv4)
        {
            asm.Load(Width.Word, R1, Scratch.Base, Scratch.FragmentWord);
            asm.JumpIf(Condition.AnyBit, R1, 0x3FFF, tails.Defer(DeferReason.Fragment));
        }

        asm.Jump(input);
    }

    private void EmitQuestion()
    {
        // Rules for routes may ask for the mark, and the kernel's answer is for none.
        if (Slots.Find(Field.Mark) is { } mark)
        {
            asm.Load(Width.Word, R1, Scratch.Base, mark);
            asm.JumpIf(Condition.NotEqual, R1, 0, _unknown);
        }

        asm.Load(Width.Word, R7, R6, XdpContextField.Data);
        asm.Load(Width.Word, R3, R6, XdpContextField.DataEnd);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.NetworkOffset);
        asm.JumpIf(Condition.Above, R1, EthernetHeader + (4 * MostTags), tails.Abort);
        asm.Alu(AluOp.Add, R7, R1);
        asm.Move(R1, R7);
        asm.Alu(AluOp.Add, R1, IsIPv4 ? 20 : 40);
        asm.JumpIf(Condition.Above, R1, R3, tails.Defer(DeferReason.Truncated));
        for (short i = 0; i < Size; i += 8) { asm.StoreImmediate(Width.Double, FramePointer, (short)(Route + i), 0); }
        asm.StoreImmediate(Width.Byte, FramePointer, Route, IsIPv4 ? AddressesIPv4 : AddressesIPv6);
        asm.Load(Width.Word, R1, R6, XdpContextField.IngressIfindex);
        asm.Store(Width.Word, FramePointer, Route + Interface, R1);
        if (IsIPv4)
        {
            asm.Load(Width.Byte, R1, R7, 1);
            asm.Store(Width.Byte, FramePointer, Route + TrafficClass, R1);
        }
        else
        {
            // Version, traffic class and flow label; the version is no part of the question.
            asm.Load(Width.Word, R1, R7, 0);
            asm.Alu(AluOp.And, R1, ~0xF0);
            asm.Store(Width.Word, FramePointer, Route + TrafficClass, R1);
        }

        for (short i = 0; i < (IsIPv4 ? 4 : 16); i += 4)
        {
            Copy((short)(From + i), (short)((IsIPv4 ? 12 : 8) + i));
            Copy((short)(To + i), (short)((IsIPv4 ? 16 : 24) + i));
        }

        asm.Load(Width.Byte, R8, R7, (short)(IsIPv4 ? 8 : 7));
    }

    private void Copy(short to, short from)
    {
        asm.Load(Width.Word, R1, R7, from);
        asm.Store(Width.Word, FramePointer, (short)(Route + to), R1);
    }

    /// <summary>Addresses of this host, and those that no route leads to for certain.</summary>
    private void EmitIsOurs()
    {
        MapAccess.EmitLookupOfKey(asm, HostAddressMaps.For(family), Route + To);
        asm.JumpIf(Condition.NotEqual, R0, 0, _input);
        asm.Load(Width.Byte, R1, FramePointer, Route + To);
        if (IsIPv4)
        {
            // "This" network; multicast, reserved, broadcast.
            asm.JumpIf(Condition.Equal, R1, 0, _unknown);
            asm.JumpIf(Condition.AboveOrEqual, R1, 224, _unknown);
            return;
        }

        // Multicast; and what has an address that is good for one link only is not forwarded (ip6_forward).
        asm.JumpIf(Condition.Equal, R1, 0xFF, _unknown);
        foreach (var address in new[] { From, To })
        {
            asm.Load(Width.Half, R1, FramePointer, (short)(Route + address));
            asm.Alu(AluOp.And, R1, 0xC0FF);
            asm.JumpIf(Condition.Equal, R1, 0x80FE, _unknown);
        }
    }

    private void EmitAsk()
    {
        var known = asm.NewLabel("route known");
        asm.Move(R1, R6);
        asm.Move(R2, FramePointer);
        asm.Alu(AluOp.Add, R2, Route);
        asm.Move(R3, Size);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.FibLookup);
        asm.JumpIf(Condition.Equal, R0, 0, known);
        asm.JumpIf(Condition.NotEqual, R0, NoNeighbour, _unknown);
        asm.Mark(known);
    }

    /// <summary>Rules behind routing see the TTL as it leaves, and the device.</summary>
    private void EmitForward(Label forward)
    {
        asm.JumpIf(Condition.BelowOrEqual, R8, 1, tails.Defer(DeferReason.Ttl));
        if (Slots.Find(Field.TimeToLive) is { } slot)
        {
            asm.Load(Width.Word, R1, Scratch.Base, slot);
            asm.Alu(AluOp.Subtract, R1, 1);
            asm.Store(Width.Word, Scratch.Base, slot, R1);
        }

        if (context.Interfaces.OutWords is { } words) { EmitOutInterface(words); }
        asm.Jump(forward);
    }

    /// <summary>The bits of the output device, or all ones and "unknown".</summary>
    private void EmitOutInterface(short words)
    {
        var (unknown, done) = (asm.NewLabel("unknown output device"), asm.NewLabel("output device looked up"));
        var count = context.Interfaces.WordCount;
        MapAccess.EmitLookupOfKey(asm, context.Interfaces.Map, Route + Interface);
        asm.JumpIf(Condition.Equal, R0, 0, unknown);
        for (short i = 0; i < count * 8; i += 8)
        {
            asm.Load(Width.Double, R1, R0, i);
            asm.Store(Width.Double, Scratch.Base, (short)(words + i), R1);
        }

        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.OutInterfaceKnown, 1);
        asm.Jump(done);
        asm.Mark(unknown);
        for (short i = 0; i < count * 8; i += 8) { asm.StoreImmediate(Width.Double, Scratch.Base, (short)(words + i), -1); }
        asm.Mark(done);
    }
}
