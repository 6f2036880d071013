using System.Text;

namespace Firewall.Bpf.Objects;

/// <summary>
/// Writes BTF, the kernel's type format (Documentation/bpf/btf.rst). Types are numbered from 1 in the order they are
/// added; 0 is void.
/// </summary>
internal sealed class BtfBuilder
{
    public const int Void = 0;

    private const ushort Magic = 0xeb9f;
    private const int HeaderSize = 24;

    private readonly ByteWriter _types = new();
    private readonly ByteWriter _strings = new();
    private readonly Dictionary<string, int> _offsets = new() { [""] = 0 };
    private int _last;

    public BtfBuilder() => _strings.Byte(0);

    private enum Kind
    {
        Int = 1,
        Pointer = 2,
        Array = 3,
        Struct = 4,
        Function = 12,
        Prototype = 13,
        Variable = 14,
        DataSection = 15,
    }

    /// <summary>Offset of a string in the string section; equal strings share one.</summary>
    public int String(string text)
    {
        if (!_offsets.TryGetValue(text, out var offset))
        {
            offset = _strings.Length;
            _offsets.Add(text, offset);
            _strings.Bytes(Encoding.UTF8.GetBytes(text));
            _strings.Byte(0);
        }

        return offset;
    }

    public int Int(string name, int bytes, bool signed)
    {
        var id = Add(name, Kind.Int, 0, bytes);
        _types.Int32(((signed ? 1 : 0) << 24) | (bytes * 8));
        return id;
    }

    public int Pointer(int to) => Add("", Kind.Pointer, 0, to);

    public int Array(int element, int index, uint length)
    {
        var id = Add("", Kind.Array, 0, 0);
        _types.Int32(element);
        _types.Int32(index);
        _types.UInt32(length);
        return id;
    }

    /// <summary>A structure of members laid one after the other, all of one size.</summary>
    public int Struct(string name, int memberSize, int size, IReadOnlyList<(string Name, int Type)> members) =>
        Struct(name, size, [.. members.Select((m, i) => (m.Name, m.Type, i * memberSize))]);

    /// <summary>A structure of members at offsets in bytes.</summary>
    public int Struct(string name, int size, IReadOnlyList<(string Name, int Type, int Offset)> members)
    {
        var id = Add(name, Kind.Struct, members.Count, size);
        foreach (var (member, type, offset) in members)
        {
            _types.Int32(String(member));
            _types.Int32(type);
            _types.Int32(offset * 8);
        }

        return id;
    }

    public int Prototype(int result, IReadOnlyList<(string Name, int Type)> parameters)
    {
        var id = Add("", Kind.Prototype, parameters.Count, result);
        foreach (var (name, type) in parameters)
        {
            _types.Int32(String(name));
            _types.Int32(type);
        }

        return id;
    }

    /// <summary>A function; the linkage (0 static, 1 global, 2 extern) stands where other kinds count members.</summary>
    public int Function(string name, int prototype, int linkage) => Add(name, Kind.Function, linkage, prototype);

    /// <summary>A variable of global linkage.</summary>
    public int Variable(string name, int type)
    {
        var id = Add(name, Kind.Variable, 0, type);
        _types.Int32(1);
        return id;
    }

    public void DataSection(string name, int size, IReadOnlyList<(int Variable, int Offset, int Size)> variables)
    {
        Add(name, Kind.DataSection, variables.Count, size);
        foreach (var (variable, offset, bytes) in variables)
        {
            _types.Int32(variable);
            _types.Int32(offset);
            _types.Int32(bytes);
        }
    }

    public byte[] ToArray()
    {
        var writer = new ByteWriter();
        writer.UInt16(Magic);
        writer.Byte(1);
        writer.Byte(0);
        writer.Int32(HeaderSize);
        writer.Int32(0);
        writer.Int32(_types.Length);
        writer.Int32(_types.Length);
        writer.Int32(_strings.Length);
        writer.Bytes(_types.ToArray());
        writer.Bytes(_strings.ToArray());
        return writer.ToArray();
    }

    private int Add(string name, Kind kind, int members, int sizeOrType)
    {
        _types.Int32(String(name));
        _types.Int32(((int)kind << 24) | members);
        _types.Int32(sizeOrType);
        return ++_last;
    }
}
