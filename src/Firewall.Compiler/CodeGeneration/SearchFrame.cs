using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>What the stack frame of a search holds, in bytes from its lowest address. Programs without memory have the first three only.</summary>
internal sealed class SearchFrame
{
    public const short Context = 0;
    public const short Scratch = 8;
    public const short Result = 16;

    private const short End = 24;

    /// <summary>Registers that an expression has before it needs the frame: R1 to R5, the first of which a comparison or a store may have taken.</summary>
    private const int Registers = 4;

    public SearchFrame(StepProgram program)
    {
        var steps = All(program.Body).ToList();
        var next = End;
        HasMemory = program.Memories.Any();
        if (HasMemory)
        {
            Cell = Take(ref next, 1);
            Entry = Take(ref next, 1);
            Keys = Take(ref next, program.Memories.OfType<Table>().Select(t => t.KeyWords).DefaultIfEmpty(0).Max());
            KeysEnd = next;
        }

        var clocks = steps.SelectMany(s => s.Expressions).SelectMany(e => e.WithParts).OfType<Now>().Select(n => n.Clock);
        if (program.Memories.OfType<Table>().Any(t => t.ExpiresBy is not null)) { clocks = clocks.Append(ClockKind.Jiffies); }
        Clocks = clocks.Distinct().Order().ToDictionary(c => c, _ => Take(ref next, 1));
        Draws = Take(ref next, steps.Select(s => s.Expressions.Sum(DrawsIn)).DefaultIfEmpty(0).Max());
        Spills = Take(ref next, steps.SelectMany(s => s.Expressions).Select(e => Math.Max(0, Depth(e) - Registers)).DefaultIfEmpty(0).Max());
        Size = next;
    }

    /// <summary>Whether the program has a current entry.</summary>
    public bool HasMemory { get; }

    /// <summary>Number of the rule's cell.</summary>
    public short Cell { get; }

    /// <summary>Address of the current entry, or 0.</summary>
    public short Entry { get; }

    /// <summary>What the last <see cref="Find"/> looked for.</summary>
    public short Keys { get; }

    public short KeysEnd { get; }

    /// <summary>The time by the clocks that the program reads.</summary>
    public IReadOnlyDictionary<ClockKind, short> Clocks { get; }

    /// <summary>Random numbers and tickets of one step.</summary>
    public short Draws { get; }

    /// <summary>Values that wait while the registers hold others.</summary>
    public short Spills { get; }

    public int Size { get; }

    public static int DrawsIn(Expression expression) => expression.WithParts.Count(e => e is RandomBits or Ticket);

    /// <summary>All steps, also those in blocks.</summary>
    public static IEnumerable<Step> All(IEnumerable<Step> steps) => steps.SelectMany(s => All(s.Blocks).Prepend(s));

    private static short Take(ref short next, int words)
    {
        var place = next;
        next += (short)(8 * words);
        return place;
    }

    /// <summary>Values that are needed at once.</summary>
    private static int Depth(Expression expression) => expression switch
    {
        Arithmetic { Right: Constant { Value: <= int.MaxValue } } constant => Depth(constant.Left),
        Arithmetic arithmetic => Math.Max(Depth(arithmetic.Left), 1 + Depth(arithmetic.Right)),
        _ => 1,
    };
}
