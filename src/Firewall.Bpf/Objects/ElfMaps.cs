namespace Firewall.Bpf.Objects;

/// <summary>
/// How libbpf wants maps described. Most are a structure type in BTF, in section <c>.maps</c>, whose members point to
/// arrays of the length that is meant. A map whose value is addressed directly can only be a data section of its own,
/// <c>.data.NAME</c> (<c>.rodata.NAME</c> if programs may not write it), and carries its bytes in the file.
/// </summary>
internal sealed class ElfMaps
{
    public const string SectionName = ".maps";

    private const int PointerSize = 8;
    private const uint ReadOnlyForPrograms = 1 << 7; // BPF_F_RDONLY_PROG
    private readonly BtfBuilder _btf;
    private readonly int _int;
    private readonly int _char;
    private readonly MapTypes _types;
    private readonly List<(int Variable, int Offset, int Size)> _variables = [];

    public ElfMaps(BpfObject source, BtfBuilder btf, int intType)
    {
        _btf = btf;
        _int = intType;
        _char = btf.Int("char", 1, signed: true);
        _types = new MapTypes(btf);
        var byValue = ReferencedByValue(source);
        foreach (var map in source.Maps)
        {
            if (byValue.Contains(map.Name))
            {
                Data.Add(DescribeData(map));
            }
            else
            {
                Describe(map);
            }
        }

        if (_variables.Count > 0)
        {
            btf.DataSection(SectionName, Size, _variables);
        }
    }

    /// <summary>Bytes of the section; they are all zero.</summary>
    public int Size { get; private set; }

    /// <summary>Offset and size of each map in <c>.maps</c>.</summary>
    public List<(string Name, int Offset, int Size)> Entries { get; } = [];

    /// <summary>The maps that are sections of their own.</summary>
    public List<(string Name, ElfSection Section)> Data { get; } = [];

    /// <summary>Where in <c>.maps</c> the address of a program belongs.</summary>
    public List<(int Offset, string Program)> ProgramSlots { get; } = [];

    private static HashSet<string> ReferencedByValue(BpfObject source)
    {
        var relocations = source.Functions.SelectMany(f => f.Relocations).ToList();
        var byValue = relocations.OfType<MapValueRelocation>().Select(r => r.MapName).ToHashSet();
        var both = relocations.OfType<MapRelocation>().FirstOrDefault(r => byValue.Contains(r.MapName));
        return both is null
            ? byValue
            : throw new NotSupportedException($"an object file cannot hold map {both.MapName}: it is used by address and by lookup");
    }

    private void Describe(MapSpec map)
    {
        List<(string Name, int Type)> members =
        [
            ("type", Number((uint)map.Type)),
            ("key_size", Number((uint)map.KeySize)),
            ("value_size", Number((uint)map.ValueSize)),
            ("max_entries", Number((uint)map.MaxEntries)),
        ];
        if (map.Flags != 0)
        {
            members.Add(("map_flags", Number(map.Flags)));
        }

        if (map.Lock is not null)
        {
            var (key, value) = _types.Describe(map);
            members.Add(("key", _btf.Pointer(key)));
            members.Add(("value", _btf.Pointer(value)));
        }

        var fixedSize = members.Count * PointerSize;
        if (!map.InitialPrograms.IsEmpty)
        {
            var program = _btf.Prototype(_int, [("", _btf.Pointer(BtfBuilder.Void))]);
            members.Add(("values", _btf.Array(_btf.Pointer(program), _int, 0)));
        }

        var size = fixedSize + (map.InitialPrograms.Length * PointerSize);
        var type = _btf.Struct("", PointerSize, fixedSize, members);
        _variables.Add((_btf.Variable(map.Name, type), Size, size));
        Entries.Add((map.Name, Size, size));
        ProgramSlots.AddRange(map.InitialPrograms.Select((p, i) => (Size + fixedSize + (i * PointerSize), p)));
        Size += size;
    }

    private (string Name, ElfSection Section) DescribeData(MapSpec map)
    {
        var readOnly = (map.Flags & ReadOnlyForPrograms) != 0;
        var name = $"{(readOnly ? ".rodata" : ".data")}.{map.Name}";
        var bytes = _btf.Array(_char, _int, (uint)map.ValueSize);
        _btf.DataSection(name, map.ValueSize, [(_btf.Variable(map.Name, bytes), 0, map.ValueSize)]);
        var content = map.InitialEntries.IsEmpty ? new byte[map.ValueSize] : [.. map.InitialEntries[^1].Value];
        var flags = ElfSection.Allocated | (readOnly ? 0 : ElfSection.Writable);
        return (map.Name, new ElfSection(name, ElfSectionType.ProgramBits, flags, content, PointerSize));
    }

    /// <summary><c>int (*)[value]</c>, the <c>__uint</c> of bpf_helpers.h.</summary>
    private int Number(uint value) => _btf.Pointer(_btf.Array(_int, _int, value));
}
