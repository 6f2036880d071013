using System.Buffers.Binary;
using Firewall.Bpf.Objects;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// The device names that rules of an unspecialised program ask for. The program looks the packet's input device up once, in a map
/// whose value has one bit per pattern; the loader computes the values from the devices that exist.
/// </summary>
public sealed class InterfacePatterns
{
    /// <summary>Holds on devices with Ethernet headers.</summary>
    public static readonly InterfaceTest NotLoopback = new(InterfaceDirection.In, "lo", IsPrefix: false, Negated: true);

    /// <summary>Devices the map has room for.</summary>
    public const int MostInterfaces = 4096;

    private readonly Dictionary<InterfaceTest, int> _bits = [];
    private short _words;
    private short? _outWords;

    public bool IsEmpty => _bits.Count == 0;

    /// <summary>Each pattern with the number of its bit.</summary>
    public IEnumerable<(InterfaceTest Test, int Bit)> Patterns => _bits.Select(p => (p.Key, p.Value));

    public int WordCount => (_bits.Count + 63) / 64;

    /// <summary>Offset in scratch memory of the packet's bits.</summary>
    public short Words => _words;

    /// <summary>Offset in scratch memory of the output device's bits; null unless the program routes and a rule asks for them.</summary>
    public short? OutWords => _outWords;

    public MapSpec Map => new("interfaces", MapType.Hash, KeySize: 4, ValueSize: Math.Max(1, WordCount) * 8, MostInterfaces);

    public void Add(InterfaceTest test) => _bits.TryAdd(test, _bits.Count);

    /// <summary>Reserves room for the bits of the packet's devices.</summary>
    /// <param name="scratch">Where the bits go.</param>
    /// <param name="routes">Whether the program finds the output device out.</param>
    public void Allocate(Scratch scratch, bool routes = false)
    {
        if (!IsEmpty) { _words = scratch.Allocate(WordCount * 8); }
        if (routes && _bits.Keys.Any(t => t.Direction == InterfaceDirection.Out)) { _outWords = scratch.Allocate(WordCount * 8); }
    }

    /// <summary>Byte offset in scratch memory and the bit within that byte.</summary>
    public (short Offset, int Bit) Place(InterfaceTest test)
    {
        var bit = _bits[test];
        var words = test.Direction == InterfaceDirection.Out ? _outWords ?? _words : _words;
        return ((short)(words + (bit / 8)), bit % 8);
    }

    /// <summary>The map's value for a device.</summary>
    public byte[] ValueFor(string device)
    {
        var value = new byte[Map.ValueSize];
        foreach (var (test, bit) in _bits)
        {
            if (test.Fits(device)) { value[bit / 8] |= (byte)(1 << (bit % 8)); }
        }

        return value;
    }

    public static byte[] Key(uint ifindex)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(key, ifindex);
        return key;
    }
}
