using System.Collections.Frozen;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>
/// Runs the XDP programs of an object without a kernel. Memory, maps and helpers behave as the kernel's; what its
/// verifier would refuse is a <see cref="VmFaultException"/> when it happens. One machine runs one frame at a time.
/// </summary>
public sealed class VirtualMachine
{
    private const uint ReadOnlyForPrograms = 1 << 7; // BPF_F_RDONLY_PROG

    private readonly DecodedCode _code;
    private readonly FrozenDictionary<string, int> _entries;
    private readonly PacketMemory _packet;
    private readonly Interpreter _interpreter;

    public VirtualMachine(BpfObject obj, VmOptions? options = null)
    {
        options ??= new VmOptions();
        _code = new DecodedCode(obj);
        _entries = obj.Programs.ToFrozenDictionary(p => p.Name, p => _code.StartOf(p.Name));
        var memory = new AddressSpace(_code);
        _packet = new PacketMemory(memory);
        VmMap[] maps = [.. obj.Maps.Select((spec, i) => Create(spec, i, memory))];
        Maps = maps.ToFrozenDictionary(m => m.Spec.Name);
        var helpers = new HelperCalls(_code, memory, maps, _packet, options);
        _interpreter = new Interpreter(_code, memory, new CallStack(memory), _packet, helpers, options.InstructionBudget);
    }

    public IReadOnlyDictionary<string, VmMap> Maps { get; }

    /// <summary>The frame of the last run, with what the program wrote to it.</summary>
    public ReadOnlySpan<byte> Frame => _packet.Frame;

    /// <summary>Runs one program on a copy of the frame.</summary>
    public VmRun Run(string program, ReadOnlySpan<byte> frame, XdpContext context)
    {
        if (!_entries.TryGetValue(program, out var entry))
        {
            throw new ArgumentException($"there is no program \"{program}\"", nameof(program));
        }

        _packet.Receive(frame, context);
        return _interpreter.Run(entry);
    }

    private VmMap Create(MapSpec spec, int index, AddressSpace memory)
    {
        var writable = (spec.Flags & ReadOnlyForPrograms) == 0;
        var cellSize = spec.Type == MapType.RingBuffer ? spec.MaxEntries : spec.ValueSize;
        var region = memory.Add(AddressSpace.FirstMapRegion + (ulong)index, spec.Name, cellSize, writable);
        VmMap map = spec.Type switch
        {
            MapType.Array or MapType.PerCpuArray => new VmArrayMap(spec, region),
            MapType.Hash or MapType.PerCpuHash or MapType.LruHash => new VmHashMap(spec, region),
            MapType.ProgramArray => new VmProgramArray(spec, region, _code),
            MapType.RingBuffer => new VmRingBuffer(spec, region),
            _ => throw new NotSupportedException($"map {spec.Name}: the machine has no maps of type {spec.Type}"),
        };
        foreach (var entry in spec.InitialEntries)
        {
            map.Write(entry.Key.AsSpan(), entry.Value.AsSpan());
        }

        return map;
    }
}
