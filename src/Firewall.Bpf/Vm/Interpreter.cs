using System.Buffers.Binary;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Vm;

/// <summary>Runs decoded code. One switch, no allocation; every memory access is checked.</summary>
internal sealed class Interpreter(
    DecodedCode code, AddressSpace memory, CallStack stack, PacketMemory packet, HelperCalls helpers, int budget)
{
    /// <summary>MAX_TAIL_CALL_CNT (include/linux/bpf.h).</summary>
    private const int MostTailCalls = 33;

    /// <summary>BPF_MAX_LOOPS (kernel/bpf/bpf_iter.c).</summary>
    private const uint MostIterations = 8 * 1024 * 1024;

    public VmRun Run(int entry)
    {
        var slots = code.Slots;
        var pc = entry;
        var left = budget;
        var r = stack.Start();
        helpers.Start();
        r[1] = AddressSpace.StartOf(AddressSpace.ContextRegion);
        while (left-- > 0)
        {
            ref readonly var i = ref slots[pc++];
            ref var d = ref r[i.Destination];
            var s = i.UsesSource ? r[i.Source] : i.Immediate;
            switch (i.Operation)
            {
                case Operation.Add: d += s; break;
                case Operation.Subtract: d -= s; break;
                case Operation.Multiply: d *= s; break;
                case Operation.Divide: d = s == 0 ? 0 : d / s; break;
                case Operation.SignedDivide: d = (ulong)SignedArithmetic.Divide((long)d, (long)s); break;
                case Operation.Or: d |= s; break;
                case Operation.And: d &= s; break;
                case Operation.ShiftLeft: d <<= (int)s; break;
                case Operation.ShiftRight: d >>= (int)s; break;
                case Operation.ShiftRightArithmetic: d = (ulong)((long)d >> (int)s); break;
                case Operation.Negate: d = 0 - d; break;
                case Operation.Modulo: d = s == 0 ? d : d % s; break;
                case Operation.SignedModulo: d = (ulong)SignedArithmetic.Modulo((long)d, (long)s); break;
                case Operation.Xor: d ^= s; break;
                case Operation.Move: d = s; break;
                case Operation.Move8: d = (ulong)(sbyte)s; break;
                case Operation.Move16: d = (ulong)(short)s; break;
                case Operation.Move32: d = (ulong)(int)s; break;

                case Operation.Add32: d = (uint)d + (uint)s; break;
                case Operation.Subtract32: d = (uint)d - (uint)s; break;
                case Operation.Multiply32: d = (uint)d * (uint)s; break;
                case Operation.Divide32: d = (uint)s == 0 ? 0 : (uint)d / (uint)s; break;
                case Operation.SignedDivide32: d = (uint)SignedArithmetic.Divide((int)d, (int)s); break;
                case Operation.Or32: d = (uint)(d | s); break;
                case Operation.And32: d = (uint)(d & s); break;
                case Operation.ShiftLeft32: d = (uint)d << (int)s; break;
                case Operation.ShiftRight32: d = (uint)d >> (int)s; break;
                case Operation.ShiftRightArithmetic32: d = (uint)((int)d >> (int)s); break;
                case Operation.Negate32: d = 0 - (uint)d; break;
                case Operation.Modulo32: d = (uint)s == 0 ? (uint)d : (uint)d % (uint)s; break;
                case Operation.SignedModulo32: d = (uint)SignedArithmetic.Modulo((int)d, (int)s); break;
                case Operation.Xor32: d = (uint)(d ^ s); break;
                case Operation.MoveZero32: d = (uint)s; break;
                case Operation.Move8To32: d = (uint)(sbyte)s; break;
                case Operation.Move16To32: d = (uint)(short)s; break;

                case Operation.Truncate: d = i.Immediate == 64 ? d : d & ((1UL << (int)i.Immediate) - 1); break;
                case Operation.Swap16: d = BinaryPrimitives.ReverseEndianness((ushort)d); break;
                case Operation.Swap32: d = BinaryPrimitives.ReverseEndianness((uint)d); break;
                case Operation.Swap64: d = BinaryPrimitives.ReverseEndianness(d); break;
                case Operation.LoadConstant: d = i.Immediate; pc++; break;

                case Operation.LoadByte: d = memory.Read(s + (ulong)i.Offset, 1, pc)[0]; break;
                case Operation.LoadHalf: d = BinaryPrimitives.ReadUInt16LittleEndian(memory.Read(s + (ulong)i.Offset, 2, pc)); break;
                case Operation.LoadWord: d = LoadWord(s + (ulong)i.Offset, pc); break;
                case Operation.LoadDouble: d = BinaryPrimitives.ReadUInt64LittleEndian(memory.Read(s + (ulong)i.Offset, 8, pc)); break;
                case Operation.LoadSignedByte: d = (ulong)(sbyte)memory.Read(s + (ulong)i.Offset, 1, pc)[0]; break;
                case Operation.LoadSignedHalf: d = (ulong)BinaryPrimitives.ReadInt16LittleEndian(memory.Read(s + (ulong)i.Offset, 2, pc)); break;
                case Operation.LoadSignedWord: d = (ulong)BinaryPrimitives.ReadInt32LittleEndian(memory.Read(s + (ulong)i.Offset, 4, pc)); break;
                case Operation.StoreByte: memory.Write(d + (ulong)i.Offset, 1, pc)[0] = (byte)s; break;
                case Operation.StoreHalf: BinaryPrimitives.WriteUInt16LittleEndian(memory.Write(d + (ulong)i.Offset, 2, pc), (ushort)s); break;
                case Operation.StoreWord: BinaryPrimitives.WriteUInt32LittleEndian(memory.Write(d + (ulong)i.Offset, 4, pc), (uint)s); break;
                case Operation.StoreDouble: BinaryPrimitives.WriteUInt64LittleEndian(memory.Write(d + (ulong)i.Offset, 8, pc), s); break;
                case Operation.AtomicWord: AtomicWord(i, r, pc); break;
                case Operation.AtomicDouble: AtomicDouble(i, r, pc); break;

                case Operation.Goto: pc = i.Offset; break;
                case Operation.Equal: pc = d == s ? i.Offset : pc; break;
                case Operation.NotEqual: pc = d != s ? i.Offset : pc; break;
                case Operation.Above: pc = d > s ? i.Offset : pc; break;
                case Operation.AboveOrEqual: pc = d >= s ? i.Offset : pc; break;
                case Operation.Below: pc = d < s ? i.Offset : pc; break;
                case Operation.BelowOrEqual: pc = d <= s ? i.Offset : pc; break;
                case Operation.AnyBit: pc = (d & s) != 0 ? i.Offset : pc; break;
                case Operation.SignedGreater: pc = (long)d > (long)s ? i.Offset : pc; break;
                case Operation.SignedGreaterOrEqual: pc = (long)d >= (long)s ? i.Offset : pc; break;
                case Operation.SignedLess: pc = (long)d < (long)s ? i.Offset : pc; break;
                case Operation.SignedLessOrEqual: pc = (long)d <= (long)s ? i.Offset : pc; break;
                case Operation.Equal32: pc = (uint)d == (uint)s ? i.Offset : pc; break;
                case Operation.NotEqual32: pc = (uint)d != (uint)s ? i.Offset : pc; break;
                case Operation.Above32: pc = (uint)d > (uint)s ? i.Offset : pc; break;
                case Operation.AboveOrEqual32: pc = (uint)d >= (uint)s ? i.Offset : pc; break;
                case Operation.Below32: pc = (uint)d < (uint)s ? i.Offset : pc; break;
                case Operation.BelowOrEqual32: pc = (uint)d <= (uint)s ? i.Offset : pc; break;
                case Operation.AnyBit32: pc = (uint)(d & s) != 0 ? i.Offset : pc; break;
                case Operation.SignedGreater32: pc = (int)d > (int)s ? i.Offset : pc; break;
                case Operation.SignedGreaterOrEqual32: pc = (int)d >= (int)s ? i.Offset : pc; break;
                case Operation.SignedLess32: pc = (int)d < (int)s ? i.Offset : pc; break;
                case Operation.SignedLessOrEqual32: pc = (int)d <= (int)s ? i.Offset : pc; break;

                case Operation.CallHelper:
                    var number = (int)i.Immediate;
                    if (number == HelperFunction.TailCall)
                    {
                        pc = TailCall(r, pc);
                    }
                    else if (number == HelperFunction.Loop)
                    {
                        pc = StartLoop(r, pc);
                        r = stack.Registers;
                    }
                    else if (number == HelperFunction.ForEachMapElement)
                    {
                        pc = StartVisit(r, pc);
                        r = stack.Registers;
                    }
                    else
                    {
                        r[0] = helpers.Call(number, r, pc);
                        r[1..6].Fill(CallStack.Unreadable);
                    }

                    break;
                case Operation.CallKernel:
                    r[0] = helpers.Kernel.Call((int)i.Immediate, r, pc);
                    r[1..6].Fill(CallStack.Unreadable);
                    break;
                case Operation.CallFunction:
                    r = Enter(new CallStack.Frame { ReturnTo = pc, Callback = -1 }, pc);
                    pc = i.Offset;
                    break;
                case Operation.Exit:
                    helpers.CheckNoLock(pc);
                    if (stack.Depth == 0)
                    {
                        return new VmRun((long)r[0], budget - left);
                    }

                    pc = Leave(r);
                    r = stack.Registers;
                    break;
                default:
                    throw code.Fault(pc, 0, "not an instruction");
            }
        }

        throw code.Fault(pc + 1, 0, $"still running after {budget} instructions");
    }

    /// <summary>The context looks like 32-bit fields, but its data pointers fill the register.</summary>
    private ulong LoadWord(ulong address, int pc)
    {
        if (address >> AddressSpace.RegionShift == AddressSpace.ContextRegion
            && packet.ContextField(address - AddressSpace.StartOf(AddressSpace.ContextRegion)) is { } field)
        {
            return field;
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(memory.Read(address, 4, pc));
    }

    private void AtomicDouble(in DecodedInstruction i, Span<ulong> r, int pc)
    {
        var target = memory.Write(r[i.Destination] + (ulong)i.Offset, 8, pc);
        var old = BinaryPrimitives.ReadUInt64LittleEndian(target);
        BinaryPrimitives.WriteUInt64LittleEndian(target, Combine(i, old, r[i.Source], r[0], pc));
        Fetch(i, r, old);
    }

    private void AtomicWord(in DecodedInstruction i, Span<ulong> r, int pc)
    {
        var target = memory.Write(r[i.Destination] + (ulong)i.Offset, 4, pc);
        var old = BinaryPrimitives.ReadUInt32LittleEndian(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)Combine(i, old, r[i.Source], (uint)r[0], pc));
        Fetch(i, r, old);
    }

    private ulong Combine(in DecodedInstruction i, ulong old, ulong operand, ulong expected, int pc) => (AtomicOp)i.Immediate switch
    {
        AtomicOp.Add or AtomicOp.FetchAdd => old + operand,
        AtomicOp.Or or AtomicOp.FetchOr => old | operand,
        AtomicOp.And or AtomicOp.FetchAnd => old & operand,
        AtomicOp.Xor or AtomicOp.FetchXor => old ^ operand,
        AtomicOp.Exchange => operand,
        AtomicOp.CompareExchange => old == expected ? operand : old,
        _ => throw code.Fault(pc, 0, $"0x{i.Immediate:x} is no atomic operation"),
    };

    private static void Fetch(in DecodedInstruction i, Span<ulong> r, ulong old)
    {
        if (i.Immediate == (ulong)AtomicOp.CompareExchange)
        {
            r[0] = old;
        }
        else if ((i.Immediate & (ulong)AtomicOp.FetchAdd) != 0)
        {
            r[i.Source] = old;
        }
    }

    private Span<ulong> Enter(CallStack.Frame frame, int pc)
    {
        helpers.CheckNoLock(pc);
        return stack.Depth + 1 < CallStack.MostFrames
            ? stack.Push(frame)
            : throw code.Fault(pc, 0, $"a call nested more than {CallStack.MostFrames} deep");
    }

    /// <summary>Where to go on: in the caller, or in the next round of the loop whose callback this is.</summary>
    private int Leave(Span<ulong> callee)
    {
        ref var frame = ref stack.Top;
        var result = callee[0];
        if (frame.Visit is { } visit)
        {
            if (result == 0 && visit.MoveNext(callee))
            {
                callee[4] = frame.LoopContext;
                return frame.Callback;
            }

            result = visit.Visited;
        }
        else if (frame.Callback >= 0)
        {
            frame.Iteration++;
            if (result == 0 && frame.Iteration < frame.Iterations)
            {
                callee[1] = frame.Iteration;
                callee[2] = frame.LoopContext;
                return frame.Callback;
            }

            result = frame.Iteration;
        }

        var caller = stack.Pop();
        caller[0] = result;
        caller[1..6].Fill(CallStack.Unreadable);
        return frame.ReturnTo;
    }

    /// <summary><c>bpf_loop(iterations, callback, context, flags)</c>: R0 is the number of rounds made. Gives where to go on.</summary>
    private int StartLoop(Span<ulong> r, int pc)
    {
        var iterations = (uint)r[1];
        var callback = r[2] - AddressSpace.StartOf(AddressSpace.FunctionRegion);
        var context = r[3];
        if (callback >= (ulong)code.Slots.Length)
        {
            throw code.Fault(pc, r[2], $"0x{r[2]:x} is no function");
        }

        if (r[4] != 0 || iterations is 0 or > MostIterations)
        {
            r[0] = unchecked((ulong)(r[4] != 0 ? Errno.Invalid : iterations == 0 ? 0 : Errno.TooBig));
            r[1..6].Fill(CallStack.Unreadable);
            return pc;
        }

        var frame = new CallStack.Frame
        {
            ReturnTo = pc, Callback = (int)callback, Iterations = iterations, LoopContext = context,
        };
        var callee = Enter(frame, pc);
        callee[1..6].Fill(CallStack.Unreadable);
        callee[1] = 0;
        callee[2] = context;
        return (int)callback;
    }

    /// <summary><c>bpf_for_each_map_elem(map, callback, context, flags)</c>: R0 is the number of entries visited. Gives where to go on.</summary>
    private int StartVisit(Span<ulong> r, int pc)
    {
        var map = helpers.Map(r[1], pc);
        var callback = r[2] - AddressSpace.StartOf(AddressSpace.FunctionRegion);
        if (callback >= (ulong)code.Slots.Length) { throw code.Fault(pc, r[2], $"0x{r[2]:x} is no function"); }
        if (map is not VmHashMap) { throw code.Fault(pc, r[1], $"{map.Spec.Name} is a {map.Spec.Type}; the machine visits hashes only"); }
        var (handle, context, flags) = (r[1], r[3], r[4]);
        r[1..6].Fill(CallStack.Unreadable);
        r[0] = flags == 0 ? 0 : unchecked((ulong)Errno.Invalid);
        var visit = new MapVisit(map, handle, helpers.Keys);
        var first = new ulong[CallStack.Arguments];
        if (flags != 0 || !visit.MoveNext(first)) { return pc; }
        var callee = Enter(new CallStack.Frame { ReturnTo = pc, Callback = (int)callback, LoopContext = context, Visit = visit }, pc);
        first.AsSpan(1, 3).CopyTo(callee[1..]);
        callee[4] = context;
        return (int)callback;
    }

    /// <summary>Where to go on: the program in the slot, or the next instruction when there is none or the limit is reached.</summary>
    private int TailCall(Span<ulong> r, int pc)
    {
        helpers.CheckContext(r[1], pc);
        if (helpers.Map(r[2], pc) is not VmProgramArray programs)
        {
            throw code.Fault(pc, r[2], "a tail call needs a program array");
        }

        var start = programs.StartOf((uint)r[3]);
        if (start >= 0 && stack.TailCalls < MostTailCalls)
        {
            stack.TailCalls++;
            return start;
        }

        r[..6].Fill(CallStack.Unreadable);
        return pc;
    }
}
