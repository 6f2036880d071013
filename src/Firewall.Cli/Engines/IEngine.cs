using System.Collections.Immutable;
using Firewall.Cli.Input;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Engines;

/// <summary>Judges frames; the three kinds give equal answers.</summary>
internal interface IEngine : IDisposable
{
    /// <summary>Judges one whole frame and counts it.</summary>
    Decision Judge(ReadOnlyMemory<byte> frame, Interfaces interfaces);

    /// <summary>What has been counted so far, by number in the <see cref="CounterLayout"/>.</summary>
    ImmutableArray<Counters> ReadCounters();
}

/// <summary>Which engine judges.</summary>
internal enum EngineKind
{
    Vm,
    Interpreter,
    Kernel,
}
