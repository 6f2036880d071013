using System.Collections.Immutable;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using static Firewall.Rules.Meaning.Steps;

namespace Firewall.Rules.Matches;

/// <summary>Checks a classic BPF program as the kernel does, and says what it asks of a packet (net/core/filter.c).</summary>
/// <remarks>
/// All jumps go forward, so that the program is a row of blocks each of which is left for a later one. A variable holds the number of the block
/// that comes next, and each block asks for its own: the verifier of the compiled program then walks each block once.
/// </remarks>
internal sealed class ClassicBpf(EquatableArray<BpfInstruction> program, Family family)
{
    private const int ClassMask = 7, Load = 0, LoadX = 1, Store = 2, StoreX = 3, Alu = 4, Jump = 5, Return = 6, Miscellaneous = 7;
    private const int Absolute = 0x20, Indirect = 0x40, FromMemory = 0x60, Length = 0x80, HeaderLength = 0xa0, ModeMask = 0xe0;
    private const int UsesX = 0x08, OperatorMask = 0xf0, Divide = 0x30, ShiftLeft = 0x60, ShiftRight = 0x70, Negate = 0x80, Modulo = 0x90;
    private const int Always = 0x00, MemoryWords = 16;

    /// <summary>From here on places mean something else than the packet's bytes (<c>SKF_AD_OFF</c>, <c>SKF_LL_OFF</c>).</summary>
    private const uint Ancillary = 0xffff_f000, Negative = 0x8000_0000;

    /// <summary>The packet's EtherType (<c>SKF_AD_PROTOCOL</c>).</summary>
    private const uint ProtocolOfFrame = Ancillary;

    /// <summary>The last place after <see cref="Ancillary"/> that has a meaning (<c>SKF_AD_VLAN_TPID</c>), and <c>SKF_AD_ALU_XOR_X</c> among them.</summary>
    private const uint LastAncillary = 60;

    private const int Registers = 3;

    private static readonly Local A = new(0), X = new(1), Next = new(2);

    private static readonly Constant Low32 = new(uint.MaxValue);

    /// <summary>The codes that the kernel takes (<c>chk_code_allowed</c>).</summary>
    private static readonly ImmutableHashSet<int> Codes =
    [
        .. from op in (int[])[0x00, 0x10, 0x20, Divide, 0x40, 0x50, ShiftLeft, ShiftRight, Modulo, 0xa0] from x in (int[])[0, UsesX] select Alu | op | x,
        Alu | Negate,
        .. from mode in (int[])[Absolute, Indirect] from size in (int[])[0x00, 0x08, 0x10] select Load | mode | size,
        Load, Load | FromMemory, Load | Length, LoadX, LoadX | FromMemory, LoadX | Length, LoadX | HeaderLength | 0x10, Store, StoreX,
        Jump | Always,
        .. from op in (int[])[0x10, 0x20, 0x30, 0x40] from x in (int[])[0, UsesX] select Jump | op | x,
        Return, Return | 0x10, Miscellaneous, Miscellaneous | 0x80,
    ];

    /// <summary>What the kernel refuses the program for; null for nothing.</summary>
    public string? Fault()
    {
        for (var at = 0; at < program.Count; at++)
        {
            if (FaultOf(program[at], program.Count - at - 1) is { } fault) { return $"instruction {at}: {fault}"; }
        }

        return (program[^1].Code & ClassMask) != Return ? "the last instruction does not return" : MemoryFault();
    }

    /// <summary>Match when the program returns anything but 0.</summary>
    public Atom Meaning()
    {
        if (program.Any(AsksTheKernel) || MemoryUsed().Count > 8 - Registers || MayReadOutside()) { return new Unknowable(DeferReason.Match); }
        var starts = BlockStarts();
        var steps = ImmutableArray.CreateBuilder<Step>();
        for (var block = 0; block < starts.Count; block++)
        {
            var next = block + 1 < starts.Count ? starts[block + 1] : program.Count;
            var end = Enumerable.Range(starts[block], next - starts[block]).FirstOrDefault(at => IsJump(program[at]) || IsReturn(program[at]), next);
            ImmutableArray<Step> body = [.. Enumerable.Range(starts[block], Math.Min(end + 1, next) - starts[block]).SelectMany(Translate)];
            if (end == next) { body = body.Add(Set(Next, next)); }
            if (block > 0) { body = [new When(Next.Is(starts[block]), body, [])]; }
            steps.AddRange(body);
            if (block == 0 && end < next && IsReturn(program[end])) { break; }
        }

        return new Search(new StepProgram("bpf", Registers + MemoryUsed().Count, steps.ToImmutable()), Negated: false);
    }

    private static bool IsJump(BpfInstruction instruction) => (instruction.Code & ClassMask) == Jump;

    private static bool IsReturn(BpfInstruction instruction) => (instruction.Code & ClassMask) == Return;

    private static bool IsLoad(BpfInstruction instruction, int mode) =>
        (instruction.Code & ClassMask) == Load && (instruction.Code & ModeMask) == mode;

    /// <summary>Whether the instruction reads (1), writes (2) or does not touch (0) a word of memory.</summary>
    private static int MemoryUse(BpfInstruction instruction) => (instruction.Code & ClassMask) switch
    {
        Load or LoadX when (instruction.Code & ModeMask) == FromMemory => 1,
        Store or StoreX => 2,
        _ => 0,
    };

    /// <summary>Whether it asks what stands not in the packet behind the IP header; the EtherType goes without saying.</summary>
    private static bool AsksTheKernel(BpfInstruction instruction) =>
        (IsLoad(instruction, Absolute) && instruction.K >= Negative && instruction.K != ProtocolOfFrame)
        || (instruction.Code == (LoadX | HeaderLength | 0x10) && instruction.K >= Negative);

    private static string? FaultOf(BpfInstruction instruction, int behind)
    {
        var (code, k) = (instruction.Code, instruction.K);
        if (!Codes.Contains(code)) { return $"there is no code {code}"; }
        switch (code & ClassMask)
        {
            case Alu when (code & UsesX) == 0 && (code & OperatorMask) is Divide or Modulo && k == 0:
                return "divides by 0";
            case Alu when (code & UsesX) == 0 && (code & OperatorMask) is ShiftLeft or ShiftRight && k > 31:
                return $"shifts 32 bits by {k}";
            case Jump when (code & OperatorMask) == Always && k >= (uint)behind:
            case Jump when (code & OperatorMask) != Always && Math.Max(instruction.IfTrue, instruction.IfFalse) >= behind:
                return "jumps behind the end";
            case Load when (code & ModeMask) == Absolute && k >= Ancillary && (k - Ancillary > LastAncillary || k % 4 != 0):
                return $"there is nothing at {k}";
        }

        return MemoryUse(instruction) != 0 && k >= MemoryWords ? $"there is no memory word {k}" : null;
    }

    /// <summary>A word of memory must have been written on every way to where it is read.</summary>
    private string? MemoryFault()
    {
        var written = new ushort[program.Count + 1];
        Array.Fill(written, ushort.MaxValue);
        ushort now = 0;
        for (var at = 0; at < program.Count; at++)
        {
            var instruction = program[at];
            now &= written[at];
            switch (MemoryUse(instruction))
            {
                case 1 when (now & 1 << (int)instruction.K) == 0:
                    return $"instruction {at}: memory word {instruction.K} has not been written";
                case 2:
                    now |= (ushort)(1 << (int)instruction.K);
                    break;
            }

            if (!IsJump(instruction)) { continue; }
            foreach (var target in TargetsOf(at)) { written[target] &= now; }
            now = ushort.MaxValue;
        }

        return null;
    }

    private int[] TargetsOf(int at) => (program[at].Code & OperatorMask) == Always
        ? [at + 1 + (int)program[at].K]
        : [at + 1 + program[at].IfTrue, at + 1 + program[at].IfFalse];

    private List<int> BlockStarts() => [.. Enumerable.Range(0, program.Count).Where(at => IsJump(program[at])).SelectMany(TargetsOf).Append(0).Distinct().Order()];

    private List<uint> MemoryUsed() => [.. program.Where(i => MemoryUse(i) != 0).Select(i => i.K).Distinct().Order()];

    private Local Memory(uint k) => new(Registers + MemoryUsed().IndexOf(k));

    /// <summary>
    /// Whether an indirect load might have a place that is negative as a number of 32 bits, where the kernel reads the link header. Follows the
    /// largest values that A, X and the memory can have.
    /// </summary>
    private bool MayReadOutside()
    {
        var states = new ulong[]?[program.Count + 1];
        states[0] = new ulong[2 + MemoryWords];
        for (var at = 0; at < program.Count; at++)
        {
            if (states[at] is not { } largest) { continue; }
            var instruction = program[at];
            if (IsLoad(instruction, Indirect) && largest[1] + instruction.K >= Negative) { return true; }
            if (IsReturn(instruction)) { continue; }
            if (IsJump(instruction))
            {
                foreach (var target in TargetsOf(at)) { states[target] = Join(states[target], largest); }
                continue;
            }

            var after = (ulong[])largest.Clone();
            Bound(instruction, after);
            states[at + 1] = Join(states[at + 1], after);
        }

        return false;
    }

    private static ulong[] Join(ulong[]? some, ulong[] other) => some is null ? other : [.. some.Zip(other, Math.Max)];

    /// <summary>Changes the largest values as the instruction does; A is the first, X the second, memory follows.</summary>
    private static void Bound(BpfInstruction instruction, ulong[] largest)
    {
        const ulong Unbounded = uint.MaxValue;
        ulong k = instruction.K, operand = (instruction.Code & UsesX) != 0 ? largest[1] : k;
        switch (instruction.Code & ClassMask)
        {
            case Load:
                largest[0] = (instruction.Code & ModeMask) switch
                {
                    0 => k,
                    FromMemory => largest[2 + k],
                    Length => 0x1_0000 + 40,
                    _ => (instruction.Code & 0x18) switch { 0x08 => ushort.MaxValue, 0x10 => byte.MaxValue, _ => Unbounded },
                };
                break;
            case LoadX:
                largest[1] = (instruction.Code & ModeMask) switch { 0 => k, FromMemory => largest[2 + k], Length => 0x1_0000 + 40, _ => 60 };
                break;
            case Store:
                largest[2 + k] = largest[0];
                break;
            case StoreX:
                largest[2 + k] = largest[1];
                break;
            case Miscellaneous when instruction.Code == Miscellaneous:
                largest[1] = largest[0];
                break;
            case Miscellaneous:
                largest[0] = largest[1];
                break;
            case Alu:
                var a = largest[0];
                largest[0] = (instruction.Code & (OperatorMask | UsesX)) switch
                {
                    0x00 or UsesX => Math.Min(a + operand, Unbounded),
                    0x20 or (0x20 | UsesX) => a * operand <= Unbounded ? a * operand : Unbounded,
                    0x50 or (0x50 | UsesX) => Math.Min(a, operand),
                    ShiftLeft => a << (int)k <= Unbounded ? a << (int)k : Unbounded,
                    ShiftRight => a >> (int)k,
                    Divide => a / k,
                    Divide | UsesX or ShiftRight | UsesX => a,
                    Modulo => Math.Min(a, k - 1),
                    _ => Unbounded,
                };
                break;
        }
    }

    private IEnumerable<Step> Translate(int at)
    {
        var instruction = program[at];
        var k = new Constant(instruction.K);
        var header = new OffsetOf(HeaderBase.Network);
        return (instruction.Code & ClassMask) switch
        {
            Load => TranslateLoad(instruction),
            LoadX => (instruction.Code & ModeMask) switch
            {
                0 => [Set(X, k)],
                FromMemory => [Set(X, Memory(instruction.K))],
                Length => [Set(X, new PacketEnd() - header)],
                _ => [new Read(X.Index, header + k, 1, SearchResult.NoMatch), Set(X, (X & 15) << 2)],
            },
            Store => [Set(Memory(instruction.K), A)],
            StoreX => [Set(Memory(instruction.K), X)],
            Alu => TranslateArithmetic(instruction),
            Jump => TranslateJump(at),
            Return => instruction.Code != Return ? [If(A.IsNot(0), Found), NotFound] : [instruction.K != 0 ? Found : NotFound],
            _ => [instruction.Code == Miscellaneous ? Set(X, A) : Set(A, X)],
        };
    }

    /// <summary>A load from outside the packet ends the program with 0.</summary>
    private Step[] TranslateLoad(BpfInstruction instruction)
    {
        var header = new OffsetOf(HeaderBase.Network);
        var k = new Constant(instruction.K);
        var size = (instruction.Code & 0x18) switch { 0x08 => 2, 0x10 => 1, _ => 4 };
        return (instruction.Code & ModeMask) switch
        {
            0 => [Set(A, k)],
            FromMemory => [Set(A, Memory(instruction.K))],
            Length => [Set(A, new PacketEnd() - header)],
            Absolute when instruction.K == ProtocolOfFrame => [Set(A, family.EtherType())],
            Absolute => [new Read(A.Index, header + k, size, SearchResult.NoMatch)],
            _ => [new Read(A.Index, header + X + k, size, SearchResult.NoMatch)],
        };
    }

    /// <summary>All numbers have 32 bits; dividing by an X of 0 ends the program with 0.</summary>
    private static Step[] TranslateArithmetic(BpfInstruction instruction)
    {
        var usesX = (instruction.Code & UsesX) != 0;
        var operand = usesX ? (Expression)X : new Constant(instruction.K);
        return (instruction.Code & OperatorMask) switch
        {
            0x00 => [Set(A, (A + operand) & Low32)],
            0x10 => [Set(A, (A - operand) & Low32)],
            0x20 => [Set(A, (A * operand) & Low32)],
            Divide => usesX ? [If(X.Is(0), NotFound), Set(A, A / X)] : [Set(A, A / operand)],
            0x40 => [Set(A, A | operand)],
            0x50 => [Set(A, A & operand)],
            ShiftLeft => [Set(A, (A << (usesX ? X & 31 : operand)) & Low32)],
            ShiftRight => [Set(A, A >> (usesX ? X & 31 : operand))],
            Negate => [Set(A, (new Constant(0) - A) & Low32)],
            Modulo => usesX ? [If(X.Is(0), NotFound), Set(A, A % X)] : [Set(A, A % operand)],
            _ => [Set(A, A ^ operand)],
        };
    }

    private Step[] TranslateJump(int at)
    {
        var instruction = program[at];
        var targets = TargetsOf(at);
        if (targets is [var only]) { return [Set(Next, only)]; }
        var operand = (instruction.Code & UsesX) != 0 ? (Expression)X : new Constant(instruction.K);
        var condition = (instruction.Code & OperatorMask) switch
        {
            0x10 => A.Is(operand),
            0x20 => A.Above(operand),
            0x30 => A.AtLeast(operand),
            _ => (A & operand).IsNot(0),
        };
        return [IfElse(condition, [Set(Next, targets[0])], [Set(Next, targets[1])])];
    }
}
