using System.Collections.Immutable;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Assembly;

/// <summary>
/// Decides how long each jump is. Three shapes: nothing (the jump goes to where control goes anyway; the kernel would
/// remove such jumps one by one, in quadratic time), one slot, or, for a conditional jump too far for 16 bits,
/// the inverted condition over a <c>gotol</c>. Linear but for the few rounds in which lengthening one jump pushes
/// another out of range.
/// </summary>
internal static class Relaxation
{
    public static Layout Run(string function, List<Instruction> slots, List<PendingJump> jumps)
    {
        CheckTargets(function, slots.Count, jumps);
        var sizes = new byte[slots.Count];
        Array.Fill(sizes, (byte)1);
        RemoveEmptyJumps(sizes, jumps);
        CheckEnd(function, slots, sizes);
        var positions = Lengthen(slots, jumps, sizes);
        CheckReachesCode(function, positions, jumps, sizes);
        return new Layout(positions, Emit(slots, jumps, sizes, positions));
    }

    private static void CheckTargets(string function, int count, List<PendingJump> jumps)
    {
        foreach (var jump in jumps)
        {
            if (jump.Target.Position == Label.Unmarked)
            {
                throw new AssemblyException($"{function}: label \"{jump.Target.Hint}\" is jumped to from {jump.Slot} but never marked");
            }
        }
    }

    /// <summary>
    /// A jump is empty when nothing that stays lies between it and its target. Whether it is depends only on what
    /// follows, so one walk from the end decides all.
    /// </summary>
    private static void RemoveEmptyJumps(byte[] sizes, List<PendingJump> jumps)
    {
        var nextKept = sizes.Length;
        var scanned = sizes.Length;
        for (var i = jumps.Count - 1; i >= 0; i--)
        {
            var (slot, target) = jumps[i];
            if (scanned > slot + 1)
            {
                nextKept = slot + 1;
            }

            if (target.Position > slot && target.Position <= nextKept)
            {
                sizes[slot] = 0;
            }
            else
            {
                nextKept = slot;
            }

            scanned = slot;
        }
    }

    /// <summary>Lengthens conditional jumps until all fit; returns the new position of each old slot and of the end.</summary>
    private static int[] Lengthen(List<Instruction> slots, List<PendingJump> jumps, byte[] sizes)
    {
        var positions = new int[slots.Count + 1];
        var conditional = jumps.Where(j => sizes[j.Slot] != 0 && slots[j.Slot].IsConditionalJump).ToList();
        while (true)
        {
            for (var i = 0; i < sizes.Length; i++)
            {
                positions[i + 1] = positions[i] + sizes[i];
            }

            var still = conditional.FindAll(j => FitsShort(Distance(j, positions)));
            if (still.Count == conditional.Count)
            {
                return positions;
            }

            foreach (var jump in conditional.Where(j => !FitsShort(Distance(j, positions))))
            {
                sizes[jump.Slot] = slots[jump.Slot].Condition.Inverse() is null ? (byte)3 : (byte)2;
            }

            conditional = still;
        }
    }

    private static ImmutableArray<Instruction> Emit(
        List<Instruction> slots, List<PendingJump> jumps, byte[] sizes, int[] positions)
    {
        var code = ImmutableArray.CreateBuilder<Instruction>(positions[^1]);
        var next = 0;
        for (var i = 0; i < slots.Count; i++)
        {
            if (next == jumps.Count || jumps[next].Slot != i)
            {
                code.Add(slots[i]);
                continue;
            }

            EmitJump(code, slots[i], jumps[next], sizes[i], positions);
            next++;
        }

        return code.MoveToImmutable();
    }

    private static void EmitJump(
        ImmutableArray<Instruction>.Builder code, Instruction jump, PendingJump pending, byte size, int[] positions)
    {
        // Measured from the end of the jump's last slot, whatever its length.
        var distance = positions[pending.Target.Position] - (code.Count + size);
        switch (size)
        {
            case 0:
                break;
            case 1 when FitsShort(distance):
                code.Add(jump with { Offset = (short)distance });
                break;
            case 1:
                code.Add(Instruction.GotoLong(distance));
                break;
            case 2:
                code.Add(Inverted(jump) with { Offset = 1 });
                code.Add(Instruction.GotoLong(distance));
                break;
            default:
                code.Add(jump with { Offset = 1 });
                code.Add(Instruction.Goto(1));
                code.Add(Instruction.GotoLong(distance));
                break;
        }
    }

    private static Instruction Inverted(Instruction jump) =>
        jump with { Opcode = (byte)((jump.Opcode & 0x0f) | (int)jump.Condition.Inverse()!.Value) };

    /// <summary>Distance of a jump of one slot.</summary>
    private static int Distance(PendingJump jump, int[] positions) => positions[jump.Target.Position] - positions[jump.Slot] - 1;

    private static bool FitsShort(int distance) => distance is >= short.MinValue and <= short.MaxValue;

    private static void CheckReachesCode(string function, int[] positions, List<PendingJump> jumps, byte[] sizes)
    {
        foreach (var jump in jumps)
        {
            if (sizes[jump.Slot] != 0 && positions[jump.Target.Position] == positions[^1])
            {
                throw new AssemblyException($"{function}: label \"{jump.Target.Hint}\" stands behind the last instruction");
            }
        }
    }

    private static void CheckEnd(string function, List<Instruction> slots, byte[] sizes)
    {
        var last = Array.FindLastIndex(sizes, s => s != 0);
        if (last < 0 || !slots[last].EndsFlow)
        {
            throw new AssemblyException($"{function}: control runs off the end; the last instruction is neither exit nor jump");
        }
    }
}
