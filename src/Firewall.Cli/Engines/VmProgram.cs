using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Compiler.Engines;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Engines;

/// <summary>A program in the managed virtual machine; needs no privilege.</summary>
internal sealed class VmProgram(CompiledFirewall firewall) : IProgram
{
    private readonly VmEngine _engine = new(firewall);

    public Decision Judge(ReadOnlySpan<byte> frame) => _engine.Judge(frame);

    public ImmutableArray<Counters> ReadCounters() => _engine.ReadCounters();

    public void Dispose()
    {
        // Managed memory only.
    }
}
