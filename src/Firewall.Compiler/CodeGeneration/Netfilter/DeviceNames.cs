using System.Buffers.Binary;
using System.Text;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration.Netfilter;

/// <summary>
/// Compares the names of the packet's devices with what rules ask for, once per packet, and leaves the bits in <see cref="Scratch"/>. The names come from
/// the kernel, so devices that appear later, or are renamed, are known as well. A hook without such a device has the empty name, as iptables has it.
/// </summary>
internal sealed class DeviceNames(Assembler asm, InterfacePatterns patterns)
{
    private const int NameSize = 16;

    /// <summary>Where on the stack the name stands.</summary>
    private const short Name = -32;

    /// <summary>R7 is free.</summary>
    public void Emit()
    {
        for (short i = 0; i < patterns.WordCount * 8; i += 8) { asm.StoreImmediate(Width.Double, Scratch.Base, (short)(patterns.Words + i), 0); }
        foreach (var direction in patterns.Patterns.GroupBy(p => p.Test.Direction))
        {
            EmitName(direction.Key == InterfaceDirection.In ? HookContext.InDevice : HookContext.OutDevice);
            foreach (var word in direction.GroupBy(p => p.Bit / 64))
            {
                var place = (short)(patterns.Words + (8 * word.Key));
                asm.Load(Width.Double, R0, Scratch.Base, place);
                foreach (var (test, bit) in word) { EmitBit(test, bit % 64); }
                asm.Store(Width.Double, Scratch.Base, place, R0);
            }
        }
    }

    /// <summary>R1:R2 = the device's name as it lies in memory, which may have anything behind its end.</summary>
    private void EmitName(KernelField device)
    {
        HookContext.EmitState(asm, R1);
        asm.LoadKernelField(R3, R1, device);
        asm.Move(R1, FramePointer);
        asm.Alu(AluOp.Add, R1, Name);
        HookContext.EmitCopy(asm, HookContext.DeviceName, NameSize);
        asm.Load(Width.Double, R1, FramePointer, Name);
        asm.Load(Width.Double, R2, FramePointer, Name + 8);
    }

    /// <summary>Sets the bit in R0 when the pattern fits. Uses R3 to R5.</summary>
    private void EmitBit(InterfaceTest test, int bit)
    {
        // An exact name has its end compared, too.
        var (value, mask) = (new byte[NameSize], new byte[NameSize]);
        var length = Encoding.Latin1.GetBytes(test.Name, value);
        mask.AsSpan(0, Math.Min(NameSize, test.IsPrefix ? length : length + 1)).Fill(0xFF);
        asm.Move(R3, 0);
        for (var half = 0; half < 2; half++)
        {
            var bytes = mask.AsSpan(8 * half, 8);
            if (!bytes.ContainsAnyExcept((byte)0)) { continue; }
            asm.Move(R4, half == 0 ? R1 : R2);
            asm.LoadConstant(R5, BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8 * half)));
            asm.Alu(AluOp.Xor, R4, R5);
            if (bytes.ContainsAnyExcept((byte)0xFF))
            {
                asm.LoadConstant(R5, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                asm.Alu(AluOp.And, R4, R5);
            }

            asm.Alu(AluOp.Or, R3, R4);
        }

        // Any bit set becomes the lowest one.
        asm.Move(R4, R3);
        asm.Negate(R4);
        asm.Alu(AluOp.Or, R3, R4);
        asm.Alu(AluOp.ShiftRight, R3, 63);
        if (!test.Negated) { asm.Alu(AluOp.Xor, R3, 1); }
        asm.Alu(AluOp.ShiftLeft, R3, bit);
        asm.Alu(AluOp.Or, R0, R3);
    }
}
