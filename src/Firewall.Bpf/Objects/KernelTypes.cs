using System.Collections.Immutable;
using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>
/// What an object file says of the kernel it expects, for libbpf to resolve: functions as externs in the data section <c>.ksyms</c>, and
/// structures with the members that are used, all at offset 0, for CO-RE relocations (Documentation/bpf/llvm_reloc.rst).
/// </summary>
internal sealed class KernelTypes
{
    private const string FunctionSection = ".ksyms";
    private const int Extern = 2;

    private readonly BtfBuilder _btf;
    private readonly Dictionary<KernelType, int> _types = [];
    private readonly Dictionary<KernelField, int> _structures = [];
    private readonly Dictionary<string, int> _opaque = [];

    public KernelTypes(BtfBuilder btf, BpfObject source)
    {
        _btf = btf;
        Functions = [.. source.Functions.SelectMany(f => f.Relocations).OfType<KernelCallRelocation>().Select(r => r.Function).Distinct()];
        if (!Functions.IsEmpty)
        {
            btf.DataSection(FunctionSection, 0, [.. Functions.Select(f => (Declare(f), 0, 0))]);
        }
    }

    /// <summary>Each function that is called, once.</summary>
    public ImmutableArray<KernelFunction> Functions { get; }

    /// <summary>A structure that has nothing but the field, and the way to it in the notation of access strings: "0:0", once more for each dot.</summary>
    public (int Type, string Access) Place(KernelField field)
    {
        var names = field.Path.Contains('[', StringComparison.Ordinal)
            ? throw new NotSupportedException($"an object file cannot hold a reference to {field}: elements of arrays are found by fwc's own loader only")
            : field.Path.Split('.');
        if (!_structures.TryGetValue(field, out var structure))
        {
            var inner = TypeOf(field);
            for (var i = names.Length - 1; i >= 0; i--)
            {
                inner = _btf.Struct(i == 0 ? field.Structure : "", 0, field.Size, [(names[i], inner)]);
            }

            structure = inner;
            _structures.Add(field, structure);
        }

        return (structure, "0" + string.Concat(Enumerable.Repeat(":0", names.Length)));
    }

    private int TypeOf(KernelField field) => field.Kind switch
    {
        KernelFieldKind.Number => TypeOf(KernelType.Number(field.Size)),
        KernelFieldKind.Pointer => TypeOf(KernelType.PointerTo("")),
        KernelFieldKind.Text => _btf.Array(TypeOf(KernelType.Number(1)), TypeOf(KernelType.Number(4)), (uint)field.Size),
        _ => _btf.Struct("", 0, 0, []),
    };

    private int Declare(KernelFunction function)
    {
        var parameters = function.Parameters.Select((type, i) => ($"a{i}", TypeOf(type)));
        return _btf.Function(function.Name, _btf.Prototype(TypeOf(function.Result), [.. parameters]), Extern);
    }

    private int TypeOf(KernelType type)
    {
        if (type == KernelType.Void)
        {
            return BtfBuilder.Void;
        }

        if (!_types.TryGetValue(type, out var id))
        {
            id = type.Structure is { } structure ? _btf.Pointer(Opaque(structure)) : _btf.Int($"u{8 * type.Bytes}", type.Bytes, signed: false);
            _types.Add(type, id);
        }

        return id;
    }

    private int Opaque(string name)
    {
        if (name.Length == 0)
        {
            return BtfBuilder.Void;
        }

        if (!_opaque.TryGetValue(name, out var id))
        {
            id = _btf.Struct(name, 0, 0, []);
            _opaque.Add(name, id);
        }

        return id;
    }
}
