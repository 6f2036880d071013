using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Compiler;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Engines;

/// <summary>A loaded program: one compile, specialised for the interfaces of the packets it judges.</summary>
internal interface IProgram : IDisposable
{
    Decision Judge(ReadOnlySpan<byte> frame);

    ImmutableArray<Counters> ReadCounters();
}

/// <summary>Judges with compiled programs: one for each pair of interfaces, made when the first packet of the pair comes.</summary>
/// <param name="compile">Compiles for a pair.</param>
/// <param name="load">Makes the program ready to run.</param>
internal sealed class CompiledEngine(Func<Interfaces, CompiledFirewall> compile, Func<CompiledFirewall, IProgram> load) : IEngine
{
    private readonly Dictionary<Interfaces, IProgram> _programs = [];

    public Decision Judge(ReadOnlyMemory<byte> frame, Interfaces interfaces)
    {
        if (!_programs.TryGetValue(interfaces, out var program))
        {
            program = load(compile(interfaces));
            _programs.Add(interfaces, program);
        }

        return program.Judge(frame.Span);
    }

    /// <summary>The sum over all programs: they number what they count alike.</summary>
    public ImmutableArray<Counters> ReadCounters()
    {
        var all = _programs.Values.Select(p => p.ReadCounters()).ToList();
        return all.Count == 0
            ? []
            : [.. Enumerable.Range(0, all[0].Length).Select(i => new Counters(Sum(all, c => c[i].Packets), Sum(all, c => c[i].Bytes)))];
    }

    public void Dispose()
    {
        foreach (var program in _programs.Values) { program.Dispose(); }
    }

    private static ulong Sum(List<ImmutableArray<Counters>> all, Func<ImmutableArray<Counters>, ulong> of) => all.Aggregate(0UL, (sum, counters) => sum + of(counters));
}
