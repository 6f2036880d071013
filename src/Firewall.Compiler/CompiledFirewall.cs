using Firewall.Bpf.Objects;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;

namespace Firewall.Compiler;

/// <summary>A rule set as a program, with what is needed to load it and to read its counters.</summary>
/// <param name="Object">Program, functions and maps.</param>
/// <param name="Rules">What it was compiled from.</param>
/// <param name="Counters">Meaning of the entries of the map <c>counters</c>.</param>
/// <param name="Interfaces">The device names it asks for; the loader fills the map <c>interfaces</c> with them.</param>
/// <param name="Options">How it was compiled.</param>
/// <param name="Parts">Programs that the rules were split into.</param>
/// <param name="LongestTailCalls">Upper bound of the tail calls one packet makes; the kernel allows 33.</param>
public sealed record CompiledFirewall(
    BpfObject Object,
    HostRules Rules,
    CounterLayout Counters,
    InterfacePatterns Interfaces,
    CompileOptions Options,
    int Parts,
    int LongestTailCalls)
{
    /// <summary>What the maps of modules with memory hold.</summary>
    public MemoryLayout Memory { get; init; } = MemoryLayout.Empty;

    /// <summary>Instructions of all functions, in slots of eight bytes.</summary>
    public int InstructionCount => Object.Functions.Sum(f => f.Code.Length);
}
