using System.Buffers.Binary;
using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Agreement.Tests.Engines;

/// <summary>A compiled program at its netfilter hook in a network namespace.</summary>
internal sealed class HookEngine : IDisposable
{
    private readonly CompiledFirewall _firewall;
    private readonly LoadedObject _loaded;
    private readonly NetfilterLink _link;

    public HookEngine(CompiledFirewall firewall, NetworkNamespace host, Family family)
    {
        _firewall = firewall;
        _loaded = LoadedObject.Load(firewall.Object);
        var place = NetfilterPlace.BeforeFilter(
            family == Family.IPv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6,
            firewall.Rules.Hook switch
            {
                Hook.Input => NetfilterHook.LocalIn,
                Hook.Forward => NetfilterHook.Forward,
                _ => NetfilterHook.LocalOut,
            });
        _link = host.Run(() => NetfilterLink.Attach(_loaded.Entry, place));
    }

    public IReadOnlyDictionary<string, BpfMap> Maps => _loaded.Maps;

    public ImmutableArray<Counters> ReadCounters() => Read(Accounting.CountersMap, _firewall.Counters.Entries.Length);

    /// <summary>Fills the program's memory on every processor, so that it looks as if it were in use.</summary>
    public void Occupy()
    {
        var scratch = _loaded.Maps[Scratch.Map.Name];
        scratch.Update(new byte[4], Enumerable.Repeat((byte)1, scratch.ValueSize).ToArray());
    }

    /// <summary>Packets left to the kernel, by reason.</summary>
    public ImmutableDictionary<DeferReason, ulong> ReadDeferred() => Read(Accounting.DeferredMap, DeferReasonNames.Count)
        .Select((counted, reason) => (Reason: (DeferReason)reason, counted.Packets))
        .Where(r => r.Packets > 0)
        .ToImmutableDictionary(r => r.Reason, r => r.Packets);

    public void Dispose()
    {
        _link.Detach();
        _link.Dispose();
        _loaded.Dispose();
    }

    private ImmutableArray<Counters> Read(string map, int count)
    {
        var counters = new Counters[count];
        foreach (var (key, value) in _loaded.Maps[map].Entries())
        {
            var index = BinaryPrimitives.ReadInt32LittleEndian(key);
            var sum = new PerProcessorValue(value, 16);
            if (index < count) { counters[index] = new Counters(sum.Sum(), sum.Sum(8)); }
        }

        return [.. counters];
    }
}
