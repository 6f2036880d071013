using System.Collections.Immutable;
using System.Globalization;
using Firewall.Bpf.Objects;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The searches of a rule set, one global function each: the kernel verifies a global function once, however many rules call it.
/// </summary>
internal sealed class SearchFunctions(PacketAccess access)
{
    /// <summary>How the functions get at packets.</summary>
    public PacketAccess Access => access;

    private readonly Dictionary<StepProgram, string> _names = [];

    /// <summary>The function that runs the program; made on first use.</summary>
    public string NameOf(StepProgram program)
    {
        if (!_names.TryGetValue(program, out var name))
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{program.Name}_{_names.Count}");
            _names.Add(program, name);
        }

        return name;
    }

    /// <summary>Functions that a search becomes: itself, and one for each of its loops.</summary>
    public static int FunctionsOf(StepProgram program) => 1 + LoopsIn(program.Body);

    private static int LoopsIn(ImmutableArray<Step> steps) => steps.Sum(step => step switch
    {
        Repeat loop => 1 + LoopsIn(loop.Body),
        When choice => LoopsIn(choice.Then) + LoopsIn(choice.Else),
        _ => 0,
    });

    public ImmutableArray<BpfFunction> Build() => [.. _names.SelectMany(p => new SearchEmitter(p.Value, p.Key, access).Build())];
}
