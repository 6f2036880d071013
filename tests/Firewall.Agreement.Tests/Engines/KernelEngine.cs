using System.Buffers.Binary;
using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;
using Firewall.Kernel.TestRun;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>
/// Judges packets with the compiled program in the kernel, by test runs on one processor. Every frame comes in by the loopback device, whose entry in the
/// map of interfaces is rewritten to stand for the interface that is meant.
/// </summary>
internal sealed class KernelEngine : IDisposable
{
    private const int Processor = 0;

    private readonly CompiledFirewall _firewall;
    private readonly LoadedObject _loaded;
    private readonly BpfMap _scratch;
    private readonly byte[] _first = new byte[4];
    private string? _device;

    public KernelEngine(CompiledFirewall firewall)
    {
        _firewall = firewall;
        _loaded = LoadedObject.Load(firewall.Object);
        _scratch = _loaded.Maps[Scratch.Map.Name];
    }

    /// <summary>Judges frames of at least <see cref="XdpTestRun.ShortestFrame"/> bytes.</summary>
    /// <param name="device">The interface it comes in by; null for one that the program does not know.</param>
    public Decision Judge(ReadOnlySpan<byte> frame, string? device)
    {
        Name(device);
        using (ProcessorAffinity.To(Processor)) { XdpTestRun.Run(_loaded.Entry, frame); }
        return Outcome.Read(_scratch.LookupPerProcessor(_first)!.Value[Processor], _firewall.Counters);
    }

    public ImmutableArray<Counters> ReadCounters()
    {
        var counters = new Counters[_firewall.Counters.Entries.Length];
        foreach (var (key, value) in _loaded.Maps["counters"].Entries())
        {
            var sum = new PerProcessorValue(value, 16);
            counters[BinaryPrimitives.ReadInt32LittleEndian(key)] = new Counters(sum.Sum(), sum.Sum(8));
        }

        return [.. counters];
    }

    public void Dispose() => _loaded.Dispose();

    private void Name(string? device)
    {
        if (_firewall.Interfaces.IsEmpty || device == _device) { return; }
        var map = _loaded.Maps[_firewall.Interfaces.Map.Name];
        if (device is null) { map.Delete(InterfacePatterns.Key(XdpTestRun.Loopback)); }
        else { map.Update(InterfacePatterns.Key(XdpTestRun.Loopback), _firewall.Interfaces.ValueFor(device)); }
        _device = device;
    }
}
