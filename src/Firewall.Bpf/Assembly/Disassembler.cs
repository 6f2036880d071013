using System.Collections.Frozen;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Assembly;

/// <summary>Prints code in the notation of the kernel's verifier log (kernel/bpf/disasm.c), with names for maps and functions.</summary>
public static class Disassembler
{
    private static readonly FrozenDictionary<AluOp, string> Operators = new Dictionary<AluOp, string>
    {
        [AluOp.Add] = "+=",
        [AluOp.Subtract] = "-=",
        [AluOp.Multiply] = "*=",
        [AluOp.Divide] = "/=",
        [AluOp.Or] = "|=",
        [AluOp.And] = "&=",
        [AluOp.ShiftLeft] = "<<=",
        [AluOp.ShiftRight] = ">>=",
        [AluOp.Modulo] = "%=",
        [AluOp.Xor] = "^=",
        [AluOp.Move] = "=",
        [AluOp.ShiftRightArithmetic] = "s>>=",
        [AluOp.SignedDivide] = "s/=",
        [AluOp.SignedModulo] = "s%=",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Condition, string> Comparisons = new Dictionary<Condition, string>
    {
        [Condition.Equal] = "==",
        [Condition.NotEqual] = "!=",
        [Condition.Above] = ">",
        [Condition.AboveOrEqual] = ">=",
        [Condition.Below] = "<",
        [Condition.BelowOrEqual] = "<=",
        [Condition.AnyBit] = "&",
        [Condition.SignedGreater] = "s>",
        [Condition.SignedGreaterOrEqual] = "s>=",
        [Condition.SignedLess] = "s<",
        [Condition.SignedLessOrEqual] = "s<=",
    }.ToFrozenDictionary();

    /// <summary>Every function under its header, slots numbered from 0, each with the line it comes from ahead of it.</summary>
    public static IEnumerable<string> Lines(BpfObject source) => source.Functions.SelectMany(f => Lines(f, source.Type));

    public static IEnumerable<string> Lines(BpfFunction function, ProgramType type = ProgramType.Xdp)
    {
        yield return $"{Prototype(function, type)}:";
        var relocations = function.Relocations.ToDictionary(r => r.Index);
        var line = 0;
        for (var i = 0; i < function.Code.Length; i++)
        {
            if (line < function.Lines.Length && function.Lines[line].Index == i)
            {
                yield return function.Lines[line].Line == SourceLine.None ? ";" : $"; {function.Lines[line].Line}";
                line++;
            }

            var instruction = function.Code[i];
            var text = relocations.TryGetValue(i, out var relocation) ? Relocated(instruction, relocation) : null;
            yield return $"{i,4}: {text ?? Text(instruction, i + 1 < function.Code.Length ? function.Code[i + 1] : default)}";
            i += instruction.IsWideLoad ? 1 : 0;
        }
    }

    /// <summary>One instruction; <paramref name="next"/> is the slot after it, which only wide loads look at.</summary>
    public static string Text(Instruction instruction, Instruction next = default) => instruction switch
    {
        { IsWideLoad: true } => Wide(instruction, next),
        { IsAlu: true } => Arithmetic(instruction),
        { IsLoad: true } => $"{instruction.Destination} = {Memory(instruction, instruction.Source)}",
        { IsAtomic: true } => Atomic(instruction),
        { IsStore: true } => $"{Memory(instruction, instruction.Destination)} = {StoredOperand(instruction)}",
        { IsHelperCall: true } => $"call {HelperFunction.NameOf(instruction.Immediate)}#{instruction.Immediate}",
        { IsLocalCall: true } => $"call pc{instruction.Immediate:+0;-0}",
        { IsKernelCall: true } => $"call kernel-function#{instruction.Immediate}",
        { IsExit: true } => "exit",
        { IsGoto: true } => $"{(instruction.Class == InstructionClass.Jump32 ? "gotol" : "goto")} {Target(instruction)}",
        { IsConditionalJump: true } when Comparisons.TryGetValue(instruction.Condition, out var comparison) =>
            $"if {Name(instruction, instruction.Destination)} {comparison} {Compared(instruction)} goto {Target(instruction)}",
        _ => $"BUG_{instruction.Opcode:x2}",
    };

    private static string Prototype(BpfFunction function, ProgramType type) => function.Kind switch
    {
        FunctionKind.Callback => $"static long {function.Name}(u64 index, void *ctx)",
        FunctionKind.Visitor => $"static long {function.Name}(struct bpf_map *map, const void *key, void *value, void *ctx)",
        _ => $"int {function.Name}(struct {type.ContextStructure()} *ctx{string.Concat("abcd".Take(function.ScalarArguments).Select(c => $", u64 {c}"))})",
    };

    private static string Relocated(Instruction instruction, Relocation relocation) => relocation switch
    {
        MapRelocation map => $"{instruction.Destination} = map[{map.MapName}]",
        MapValueRelocation value => $"{instruction.Destination} = map[{value.MapName}][0]+{value.Offset}",
        FunctionPointerRelocation pointer => $"{instruction.Destination} = subprog[{pointer.FunctionName}]",
        CallRelocation call => $"call {call.FunctionName}",
        KernelCallRelocation call => $"call {call.Function}#kernel",
        KernelFieldRelocation field when instruction.IsLoad =>
            $"{instruction.Destination} = *(u{8 * instruction.Width.Bytes()} *)({instruction.Source} +[{field.Field}])",
        KernelFieldRelocation field => $"{instruction.Destination} = [{field.Field}]",
        _ => Text(instruction),
    };

    private static string Wide(Instruction low, Instruction high) => (WideSource)low.Source.Number switch
    {
        WideSource.Constant => $"{low.Destination} = 0x{((ulong)(uint)high.Immediate << 32) | (uint)low.Immediate:x}",
        WideSource.Map => $"{low.Destination} = map[fd:{low.Immediate}]",
        WideSource.MapValue => $"{low.Destination} = map[fd:{low.Immediate}][0]+{high.Immediate}",
        WideSource.Function => $"{low.Destination} = subprog[{low.Immediate:+0;-0}]",
        WideSource.MapIndex => $"{low.Destination} = map[idx:{low.Immediate}]",
        WideSource.MapIndexValue => $"{low.Destination} = map[idx:{low.Immediate}]+{high.Immediate}",
        _ => $"{low.Destination} = btf[{low.Immediate}]",
    };

    private static string Arithmetic(Instruction instruction)
    {
        var destination = Name(instruction, instruction.Destination);
        if (instruction.IsByteSwap)
        {
            var order = instruction.Class == InstructionClass.Alu64 ? "bswap" : instruction.SwapsToBigEndian ? "be" : "le";
            return $"{instruction.Destination} = {order}{instruction.Immediate} {instruction.Destination}";
        }

        if (instruction.AluOp == AluOp.Negate)
        {
            return $"{destination} = -{destination}";
        }

        var operand = instruction.UsesSource ? Name(instruction, instruction.Source) : $"{instruction.Immediate}";
        var extension = instruction is { AluOp: AluOp.Move, Offset: not 0 } ? $"(s{instruction.Offset})" : "";
        return Operators.TryGetValue(instruction.AluOp, out var symbol)
            ? $"{destination} {symbol} {extension}{operand}"
            : $"BUG_{instruction.Opcode:x2}";
    }

    private static string Atomic(Instruction instruction)
    {
        var place = Memory(instruction, instruction.Destination);
        var bits = instruction.Width == Width.Double ? "64" : "";
        return (AtomicOp)instruction.Immediate switch
        {
            AtomicOp.Add => $"lock {place} += {instruction.Source}",
            AtomicOp.Or => $"lock {place} |= {instruction.Source}",
            AtomicOp.And => $"lock {place} &= {instruction.Source}",
            AtomicOp.Xor => $"lock {place} ^= {instruction.Source}",
            AtomicOp.Exchange => $"{instruction.Source} = atomic{bits}_xchg({place[1..]}, {instruction.Source})",
            AtomicOp.CompareExchange => $"r0 = atomic{bits}_cmpxchg({place[1..]}, r0, {instruction.Source})",
            AtomicOp.FetchAdd => $"{instruction.Source} = atomic{bits}_fetch_add({place[1..]}, {instruction.Source})",
            AtomicOp.FetchOr => $"{instruction.Source} = atomic{bits}_fetch_or({place[1..]}, {instruction.Source})",
            AtomicOp.FetchAnd => $"{instruction.Source} = atomic{bits}_fetch_and({place[1..]}, {instruction.Source})",
            AtomicOp.FetchXor => $"{instruction.Source} = atomic{bits}_fetch_xor({place[1..]}, {instruction.Source})",
            _ => $"BUG_{instruction.Opcode:x2}",
        };
    }

    private static string Memory(Instruction instruction, Register address) =>
        $"*({(instruction.IsSignExtendingLoad ? 's' : 'u')}{8 * instruction.Width.Bytes()} *)({address} {instruction.Offset:+0;-0})";

    private static string StoredOperand(Instruction instruction) =>
        instruction.UsesSource ? $"{instruction.Source}" : $"{instruction.Immediate}";

    private static string Compared(Instruction instruction) =>
        instruction.UsesSource ? Name(instruction, instruction.Source) : $"0x{instruction.Immediate:x}";

    private static string Target(Instruction instruction) => $"pc{instruction.JumpDistance:+0;-0}";

    /// <summary>The kernel calls the lower half of a register w.</summary>
    private static string Name(Instruction instruction, Register register) =>
        instruction.Class is InstructionClass.Alu32 or InstructionClass.Jump32 ? $"w{register.Number}" : $"{register}";
}
