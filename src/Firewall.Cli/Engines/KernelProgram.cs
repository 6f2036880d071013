using System.Buffers.Binary;
using System.Collections.Immutable;
using Firewall.Bpf.Objects;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;
using Firewall.Kernel.TestRun;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Engines;

/// <summary>A program in the kernel, run with BPF_PROG_TEST_RUN. Nothing is attached.</summary>
internal sealed class KernelProgram(CompiledFirewall firewall) : IProgram
{
    private readonly LoadedObject _loaded = LoadedObject.Load(firewall.Object);

    public Decision Judge(ReadOnlySpan<byte> frame)
    {
        // The kernel refuses to run frames without a whole Ethernet header; the program would find them cut short.
        if (frame.Length < XdpTestRun.ShortestFrame) { return Decision.Deferred(DeferReason.Truncated); }

        // The outcome stands in the scratch value of the processor that ran the program.
        using var affinity = ProcessorAffinity.To(ProcessorAffinity.Current);
        XdpTestRun.Run(_loaded.Entry, frame);
        return Outcome.Read(Value(Scratch.Map, 0)[affinity.Processor], firewall.Counters);
    }

    public ImmutableArray<Counters> ReadCounters() =>
        [.. Enumerable.Range(0, firewall.Counters.Entries.Length).Select(ReadCounter)];

    public void Dispose() => _loaded.Dispose();

    private Counters ReadCounter(int number)
    {
        var value = Value(firewall.Object.Map("counters"), number);
        return new Counters(value.Sum(0), value.Sum(sizeof(ulong)));
    }

    private PerProcessorValue Value(MapSpec map, int index)
    {
        Span<byte> key = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(key, index);
        return _loaded.Maps[map.Name].LookupPerProcessor(key) ?? throw new InvalidOperationException($"map {map.Name} has no entry {index}");
    }
}
