using System.Buffers.Binary;
using Firewall.Bpf.Objects;

namespace Firewall.Bpf.Vm;

/// <summary>The targets of tail calls. Programs cannot look into it, and the host fills it through the map's specification.</summary>
internal sealed class VmProgramArray : VmMap
{
    private const int Empty = -1;
    private readonly int[] _starts;

    public VmProgramArray(MapSpec spec, MemoryRegion region, DecodedCode code)
        : base(spec, region)
    {
        if (spec.InitialPrograms.Length > spec.MaxEntries)
        {
            throw new ArgumentException($"{spec.Name} has {spec.MaxEntries} slots for {spec.InitialPrograms.Length} programs", nameof(spec));
        }

        _starts = new int[spec.MaxEntries];
        Array.Fill(_starts, Empty);
        for (var i = 0; i < spec.InitialPrograms.Length; i++)
        {
            _starts[i] = code.StartOf(spec.InitialPrograms[i]);
        }
    }

    /// <summary>Where the program of a slot begins, or -1.</summary>
    public int StartOf(uint slot) => slot < (uint)_starts.Length ? _starts[slot] : Empty;

    public override void Clear() => Array.Fill(_starts, Empty);

    internal override int Find(ReadOnlySpan<byte> key) => -1;

    /// <summary>Empties the slot, as closing the program would.</summary>
    internal override long Delete(ReadOnlySpan<byte> key)
    {
        var slot = BinaryPrimitives.ReadUInt32LittleEndian(key);
        if (slot >= (uint)_starts.Length)
        {
            return Errno.TooBig;
        }

        var before = _starts[slot];
        _starts[slot] = Empty;
        return before == Empty ? Errno.NoEntry : 0;
    }

    internal override long Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Errno.Invalid;
}
