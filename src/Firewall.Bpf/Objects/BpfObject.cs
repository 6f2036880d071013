using System.Collections.Immutable;

namespace Firewall.Bpf.Objects;

/// <summary>Everything an object file holds: maps, functions, licence. The first program is the entry point.</summary>
public sealed record BpfObject(string Name, ImmutableArray<MapSpec> Maps, ImmutableArray<BpfFunction> Functions)
{
    public string License { get; init; } = "GPL";

    /// <summary>All programs of an object are of one type.</summary>
    public ProgramType Type { get; init; } = ProgramType.Xdp;

    /// <summary>The functions the kernel can load by themselves, in order.</summary>
    public IEnumerable<BpfFunction> Programs => Functions.Where(f => f.Kind == FunctionKind.Program);

    public MapSpec Map(string name) =>
        Maps.FirstOrDefault(m => m.Name == name) ?? throw new ArgumentException($"{Name} has no map \"{name}\"", nameof(name));

    public BpfFunction Function(string name) =>
        Functions.FirstOrDefault(f => f.Name == name) ?? throw new ArgumentException($"{Name} has no function \"{name}\"", nameof(name));

    /// <summary>One loadable program: the named function, then every function it reaches.</summary>
    public LinkedProgram Link(string program) => Linker.Link(this, program);
}
