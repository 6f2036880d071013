using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Engines;

/// <summary>The reference: the rules themselves, nothing compiled.</summary>
internal sealed class InterpreterEngine(Interpreter interpreter) : IEngine
{
    public Decision Judge(ReadOnlyMemory<byte> frame, Interfaces interfaces) => interpreter.Judge(frame, interfaces.In, interfaces.Out);

    public ImmutableArray<Counters> ReadCounters() => interpreter.ReadCounters();

    public void Dispose()
    {
        // Holds nothing.
    }
}
