using System.Collections.Immutable;
using System.Globalization;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Objects;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The searches of a rule set, one global function each: the kernel verifies a global function once, however many rules call it.
/// </summary>
/// <param name="hertz">The kernel's <c>HZ</c>.</param>
/// <param name="access">How the functions get at packets.</param>
internal sealed class SearchFunctions(uint hertz, PacketAccess access)
{
    public PacketAccess Access => access;

    /// <summary>Functions that make room in a full table.</summary>
    private const int RoomFunctions = 2;

    private readonly Dictionary<(StepProgram Program, FieldSlots? Slots), string> _names = [];

    /// <summary>What the programs remember.</summary>
    public SearchMemory Memory { get; } = new(hertz);

    /// <summary>The function that runs a program which asks no fields; made on first use.</summary>
    public string NameOf(StepProgram program) => NameOf(program, slots: null);

    /// <summary>Asks a program for a rule: R0 is its answer. R6 is the context; R1 to R5 are lost.</summary>
    internal void EmitCall(Assembler asm, StepProgram program, FieldSlots slots, RuleIdentity rule)
    {
        asm.Move(R1, R6);
        if (SearchMemory.HasCell(program)) { asm.Move(R2, Memory.CellOf(rule, program)); }

        // Families have their fields in different places.
        asm.Call(NameOf(program, program.Fields.Any() ? slots : null));
    }

    /// <summary>Functions that searches become: each itself, and one for each of its loops; and those that make room in tables.</summary>
    public static int FunctionsOf(IReadOnlyCollection<StepProgram> programs) =>
        programs.Sum(p => (1 + LoopsIn(p.Body)) * (p.Fields.Any() ? 2 : 1)) + (RoomFunctions * TablesOf(programs).Count(SearchMemory.MakesRoom));

    /// <summary>Maps that searches need for their tables.</summary>
    public static int MapsOf(IReadOnlyCollection<StepProgram> programs) => TablesOf(programs).Count();

    private static IEnumerable<Rules.Meaning.Table> TablesOf(IEnumerable<StepProgram> programs) =>
        programs.SelectMany(p => p.Memories).OfType<Rules.Meaning.Table>().DistinctBy(t => t.Name, StringComparer.Ordinal);

    private static int LoopsIn(ImmutableArray<Step> steps) => SearchFrame.All(steps).Count(s => s is Repeat);

    public ImmutableArray<BpfFunction> Build() =>
        [.. _names.SelectMany(p => new SearchEmitter(p.Value, p.Key.Program, Memory, p.Key.Slots, access).Build()), .. Memory.BuildFunctions()];

    private string NameOf(StepProgram program, FieldSlots? slots)
    {
        if (!_names.TryGetValue((program, slots), out var name))
        {
            Memory.Note(program);
            name = string.Create(CultureInfo.InvariantCulture, $"{program.Name}_{_names.Count}");
            _names.Add((program, slots), name);
        }

        return name;
    }
}
