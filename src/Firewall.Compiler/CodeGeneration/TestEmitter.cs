using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Compares fields with value sets, without branches wherever that is possible: the answer is a number in R0 that is 0 when the test
/// holds and between 1 and 2^63 - 1 when it does not. R1 to R4 are used up.
/// </summary>
/// <remarks>
/// No branch means that the verifier learns nothing about the fields, so the states before every rule are equal and it walks
/// each rule once (rule R2 of the layout rules, in its strictest form).
/// </remarks>
internal sealed class TestEmitter(Assembler asm, FieldSlots slots, InterfacePatterns interfaces)
{
    public void Emit(Atom atom)
    {
        switch (atom)
        {
            case Test { Field.Kind: FieldKind.EthernetLink } test:
                EmitBit(InterfacePatterns.NotLoopback, expected: test.Values.Contains(1));
                break;
            case Test test:
                Emit(test);
                break;
            case AnyOf any:
                EmitAny(any);
                break;
            case InterfaceTest test:
                EmitBit(test, expected: true);
                break;
            case MayBeIn state:
                asm.Load(Width.Word, R0, Scratch.Base, Scratch.TrackStates);
                asm.Alu(AluOp.And, R0, (int)state.States);
                EmitIsZero();
                break;
            case Doubtful { Possible: { } possible }:
                Emit(possible);
                break;
            case Never:
                asm.Move(R0, 1);
                break;
            default:
                throw new ArgumentException($"{atom.GetType().Name} is not a test", nameof(atom));
        }
    }

    /// <summary>Turns "0 or positive" in a register into "0 or all ones".</summary>
    public void EmitMask(Register register)
    {
        asm.Negate(register);
        asm.Alu(AluOp.ShiftRightArithmetic, register, 63);
    }

    private void Emit(Test test)
    {
        var bits = test.Field.Bits;
        var isAddress = test.Field.Kind is FieldKind.SourceAddress or FieldKind.DestinationAddress
            or >= FieldKind.TrackOriginalSource and <= FieldKind.TrackReplyDestination;

        // "Everything but one value" is an equality, inverted.
        var complement = test.Values.Complement(bits);
        var inverted = complement.Ranges is [{ Low: var only, High: var last }] && only == last;
        var equal = inverted ? complement : test.Values;
        if (equal.Ranges is [{ Low: var value, High: var high }] && value == high)
        {
            if (isAddress) { EmitAddressDifference(test.Field, test.Mask, value); }
            else { EmitDifference(test.Field, test.Mask, value); }
            if (inverted) { EmitIsZero(); }
        }
        else if (bits == 128)
        {
            EmitWideRanges(test, complement);
        }
        else
        {
            EmitValue(test.Field, test.Mask, isAddress);
            EmitRanges(test.Values, complement, bits);
        }
    }

    /// <summary>R0 = 0 exactly when the masked field equals the value. Values outside the mask can never be equal.</summary>
    private void EmitDifference(Field field, UInt128 mask, UInt128 value)
    {
        EmitValue(field, mask, isAddress: false);
        if (value <= int.MaxValue) { asm.Alu(AluOp.Xor, R0, (int)value); }
        else
        {
            asm.LoadConstant(R1, (ulong)value);
            asm.Alu(AluOp.Xor, R0, R1);
        }
    }

    private void EmitAddressDifference(Field field, UInt128 mask, UInt128 value)
    {
        // Word by word in network order, as the packet has them; the constants are turned round instead.
        var words = field.Bits / 32;
        var first = true;
        for (var i = 0; i < words; i++)
        {
            var shift = 32 * (words - 1 - i);
            var wordMask = (uint)(mask >> shift);
            var wordValue = (uint)(value >> shift);
            if (wordMask == 0 && wordValue == 0) { continue; }
            var register = first ? R0 : R1;
            asm.Load(Width.Word, register, Scratch.Base, (short)(slots[field] + (4 * i)));
            if (wordMask != uint.MaxValue) { asm.Alu32(AluOp.And, register, Swap(wordMask)); }
            if (wordValue != 0) { asm.Alu32(AluOp.Xor, register, Swap(wordValue)); }
            if (!first) { asm.Alu(AluOp.Or, R0, R1); }
            first = false;
        }

        if (first) { asm.Move(R0, 0); }
    }

    private static int Swap(uint value) => (int)System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);

    /// <summary>R0 = 1 when R0 was 0, else 0.</summary>
    private void EmitIsZero()
    {
        asm.Alu(AluOp.Subtract, R0, 1);
        asm.Alu(AluOp.ShiftRight, R0, 63);
    }

    /// <summary>R0 = masked value of a field of at most 63 bits, in host order.</summary>
    private void EmitValue(Field field, UInt128 mask, bool isAddress)
    {
        asm.Load(FieldSlots.Size(field) == 8 ? Width.Double : Width.Word, R0, Scratch.Base, slots[field]);
        if (isAddress) { asm.SwapToHost(R0, 32); }
        if (mask == ValueSet.Maximum(field.Bits)) { return; }
        if (mask <= int.MaxValue) { asm.Alu(AluOp.And, R0, (int)mask); }
        else
        {
            asm.LoadConstant(R1, (ulong)mask);
            asm.Alu(AluOp.And, R0, R1);
        }
    }

    /// <summary>R0 = 1 when the value in R0 lies outside all ranges, else 0.</summary>
    private void EmitRanges(ValueSet values, ValueSet complement, int bits)
    {
        var inverted = complement.Ranges.Length < values.Ranges.Length;
        var ranges = inverted ? complement.Ranges : values.Ranges;
        var maximum = ValueSet.Maximum(bits);

        // The top bit of (x - low) | (high - x) says "outside"; of an AND over all ranges, "outside all".
        var first = true;
        foreach (var range in ranges)
        {
            var outside = first ? R3 : R1;
            if (range.Low == range.High)
            {
                EmitMinus(outside, R0, range.Low);
                asm.Move(R2, outside);
                asm.Negate(R2);
                asm.Alu(AluOp.Or, outside, R2);
            }
            else if (range.Low == 0)
            {
                EmitMinusFrom(outside, range.High, R0);
            }
            else
            {
                EmitMinus(outside, R0, range.Low);
                if (range.High != maximum)
                {
                    EmitMinusFrom(R2, range.High, R0);
                    asm.Alu(AluOp.Or, outside, R2);
                }
            }

            if (!first) { asm.Alu(AluOp.And, R3, R1); }
            first = false;
        }

        asm.Move(R0, R3);
        if (inverted) { asm.Alu(AluOp.Xor, R0, -1); }
        asm.Alu(AluOp.ShiftRight, R0, 63);
    }

    private void EmitMinus(Register result, Register value, UInt128 constant)
    {
        asm.Move(result, value);
        if (constant <= int.MaxValue) { asm.Alu(AluOp.Subtract, result, (int)constant); }
        else
        {
            asm.LoadConstant(R4, (ulong)constant);
            asm.Alu(AluOp.Subtract, result, R4);
        }
    }

    private void EmitMinusFrom(Register result, UInt128 constant, Register value)
    {
        asm.LoadConstant(result, (ulong)constant);
        asm.Alu(AluOp.Subtract, result, value);
    }

    /// <summary>IPv6 addresses in ranges: the only test with branches. R1:R2 is the address, R3 a bound.</summary>
    private void EmitWideRanges(Test test, ValueSet complement)
    {
        if (test.Mask != UInt128.MaxValue) { throw new ArgumentException("an address range has no mask", nameof(test)); }
        var inverted = complement.Ranges.Length < test.Values.Ranges.Length;
        var ranges = inverted ? complement.Ranges : test.Values.Ranges;
        asm.Load(Width.Double, R1, Scratch.Base, slots[test.Field]);
        asm.Load(Width.Double, R2, Scratch.Base, (short)(slots[test.Field] + 8));
        asm.SwapToHost(R1, 64);
        asm.SwapToHost(R2, 64);
        var inside = asm.NewLabel("inside");
        var done = asm.NewLabel("outside");
        asm.Move(R0, 1);
        foreach (var range in ranges)
        {
            var next = asm.NewLabel("next range");
            EmitWideBound(range.Low, Condition.Below, Condition.Above, next);
            EmitWideBound(range.High, Condition.Above, Condition.Below, next);
            asm.Jump(inside);
            asm.Mark(next);
        }

        asm.Jump(done);
        asm.Mark(inside);
        asm.Move(R0, 0);
        asm.Mark(done);
        if (inverted) { asm.Alu(AluOp.Xor, R0, 1); }
    }

    private void EmitWideBound(UInt128 bound, Condition fails, Condition holds, Label next)
    {
        var ok = asm.NewLabel("bound holds");
        asm.LoadConstant(R3, (ulong)(bound >> 64));
        asm.JumpIf(fails, R1, R3, next);
        asm.JumpIf(holds, R1, R3, ok);
        asm.LoadConstant(R3, (ulong)bound);
        asm.JumpIf(fails, R2, R3, next);
        asm.Mark(ok);
    }

    private void EmitAny(AnyOf any)
    {
        for (var i = 0; i < any.Tests.Length; i++)
        {
            Emit((Atom)any.Tests[i]);
            EmitMask(R0);
            if (i > 0) { asm.Alu(AluOp.And, R0, R5); }
            if (i < any.Tests.Length - 1) { asm.Move(R5, R0); }
        }

        asm.Alu(AluOp.And, R0, 1);
    }

    private void EmitBit(InterfaceTest test, bool expected)
    {
        var (offset, bit) = interfaces.Place(test);
        asm.Load(Width.Byte, R0, Scratch.Base, offset);
        if (bit > 0) { asm.Alu(AluOp.ShiftRight, R0, bit); }
        asm.Alu(AluOp.And, R0, 1);
        if (expected) { asm.Alu(AluOp.Xor, R0, 1); }
    }
}
