using System.Collections.Immutable;

namespace Firewall.Rules.Options;

/// <summary>An instruction of classic BPF (<c>struct sock_filter</c>, include/uapi/linux/filter.h).</summary>
/// <param name="Code">What it does.</param>
/// <param name="IfTrue">How many instructions a jump skips when its condition holds.</param>
/// <param name="IfFalse">How many it skips when it does not.</param>
/// <param name="K">A constant.</param>
public readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint K)
{
    public override string ToString() => $"{Code} {IfTrue} {IfFalse} {K}";
}

public static partial class Values
{
    /// <summary>Most instructions of a program (<c>XT_BPF_MAX_NUM_INSTR</c>).</summary>
    private const int LongestBytecode = 64;

    /// <summary>
    /// A program as <c>nfbpf_compile</c> prints it, <c>2,48 0 0 9,6 0 0 1</c>: the number of instructions, then each. Numbers are decimal and lose
    /// the bits that do not fit, and what follows the fourth is not looked at, as <c>sscanf</c> has it (libxt_bpf.c).
    /// </summary>
    public static readonly ValueGrammar<EquatableArray<BpfInstruction>> Bytecode = Word<EquatableArray<BpfInstruction>>("bytecode", text =>
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var head = text.AsSpan(0, Math.Max(comma, 0));
        if (!TryScan(ref head, ushort.MaxValue, out var count) || !head.IsEmpty) { return Wrong("the program does not begin with its length and a comma"); }
        if (count is 0 or > LongestBytecode) { return Wrong($"a program of {count} instructions: from 1 to {LongestBytecode} can be"); }
        var instructions = ImmutableArray.CreateBuilder<BpfInstruction>();
        var items = text[(comma + 1)..].Split(',');
        foreach (var item in items[^1].Length == 0 ? items.AsSpan(0, items.Length - 1) : items)
        {
            var rest = item.AsSpan();
            if (!TryScan(ref rest, ushort.MaxValue, out var code) || !TryScan(ref rest, byte.MaxValue, out var ifTrue)
                || !TryScan(ref rest, byte.MaxValue, out var ifFalse) || !TryScan(ref rest, uint.MaxValue, out var k))
            {
                return Wrong($"`{item}` is not an instruction", "an instruction is four numbers: code jt jf k");
            }

            instructions.Add(new BpfInstruction((ushort)code, (byte)ifTrue, (byte)ifFalse, (uint)k));
        }

        return (ulong)instructions.Count == count
            ? new EquatableArray<BpfInstruction>(instructions.ToImmutable())
            : Wrong($"the program says that it has {count} instructions, and has {instructions.Count}");
    });

    /// <summary>The program as iptables-save prints it.</summary>
    public static string BytecodeText(EquatableArray<BpfInstruction> program) => $"{program.Count},{string.Join(',', program)}";

    /// <summary>Path of an object that another program has pinned.</summary>
    public static readonly ValueGrammar<string> PinnedObject = Word<string>("pinned-object", text =>
        text.Length is > 0 and < 512 ? text : Wrong("not the path of a pinned object"));

    /// <summary>Reads a decimal number as <c>scanf("%u")</c> does and keeps the bits of <paramref name="mask"/>.</summary>
    private static bool TryScan(ref ReadOnlySpan<char> text, ulong mask, out ulong number)
    {
        number = 0;
        var rest = text.TrimStart(" \t\n\v\f\r");
        var isNegative = rest is ['-', ..];
        if (rest is ['-' or '+', ..]) { rest = rest[1..]; }
        if (rest is not [>= '0' and <= '9', ..]) { return false; }
        var overflows = false;
        for (; rest is [>= '0' and <= '9' and var digit, ..]; rest = rest[1..])
        {
            overflows |= number > (ulong.MaxValue - (ulong)(digit - '0')) / 10;
            number = number * 10 + (ulong)(digit - '0');
        }

        number = (overflows ? ulong.MaxValue : isNegative ? 0 - number : number) & mask;
        text = rest;
        return true;
    }
}
