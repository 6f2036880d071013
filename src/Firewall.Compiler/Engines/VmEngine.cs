using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using Firewall.Bpf.Vm;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Compiler.Engines;

/// <summary>Judges packets with the compiled program in the managed virtual machine.</summary>
/// <param name="firewall">The program.</param>
/// <param name="memories">Gives the time and the random numbers; what is remembered is in the machine's maps. Null: those of this machine.</param>
/// <param name="options">Answers to what else the program asks the kernel.</param>
public sealed class VmEngine(CompiledFirewall firewall, Memories? memories = null, VmOptions? options = null)
{
    private readonly VirtualMachine _machine = new(firewall.Object, memories is null ? options : (options ?? new VmOptions()) with
    {
        Clock = new MomentClock(memories),
        Jiffies = () => memories.Now.Jiffies,
        Draw = memories.Draw,
    });

    /// <summary>Tells an unspecialised program which index a device has, as the loader does.</summary>
    public void AddInterface(uint ifindex, string name)
    {
        if (!firewall.Interfaces.IsEmpty)
        {
            _machine.Maps[firewall.Interfaces.Map.Name].Write(InterfacePatterns.Key(ifindex), firewall.Interfaces.ValueFor(name));
        }
    }

    /// <summary>Tells the program which addresses are this host's.</summary>
    public void AddHostAddresses(IReadOnlyCollection<IPAddress> addresses)
    {
        foreach (var family in new[] { Family.IPv4, Family.IPv6 })
        {
            if (!_machine.Maps.TryGetValue(HostAddressMaps.For(family).Name, out var map)) { continue; }
            foreach (var (key, value) in HostAddressMaps.Entries([.. addresses.Where(a => a.GetAddressBytes().Length == map.Spec.KeySize)])) { map.Write(key, value); }
        }
    }

    /// <summary>Judges one frame.</summary>
    /// <param name="ifindex">Index of the device it came in by.</param>
    /// <param name="linearLength">Bytes that the program can read; null for all.</param>
    public Decision Judge(ReadOnlySpan<byte> frame, uint ifindex = 1, int? linearLength = null)
    {
        _machine.Run(LinearGenerator.Entry, frame, new XdpContext(ifindex, 0) { LinearLength = linearLength });
        return Outcome.Read(_machine.Maps[Scratch.Map.Name].Value(0), firewall.Counters);
    }

    /// <summary>What has been counted since the start, by number in the <see cref="CounterLayout"/>.</summary>
    public ImmutableArray<Counters> ReadCounters() => Read(Accounting.CountersMap, firewall.Counters.Entries.Length);

    /// <summary>Deferred frames by reason.</summary>
    public ImmutableArray<Counters> ReadDeferred() => Read(Accounting.DeferredMap, _machine.Maps[Accounting.DeferredMap].Spec.MaxEntries);

    private ImmutableArray<Counters> Read(string map, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Decode(_machine.Maps[map].Value(i)))];

    /// <summary>A counter as the program keeps it: u64 packets, u64 bytes.</summary>
    public static Counters Decode(ReadOnlySpan<byte> value) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(value), BinaryPrimitives.ReadUInt64LittleEndian(value[8..]));

    /// <summary>The time of the packet that is being judged.</summary>
    private sealed class MomentClock(Memories memories) : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => (long)memories.Now.Monotonic;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds((long)memories.Now.RealSeconds);
    }
}
