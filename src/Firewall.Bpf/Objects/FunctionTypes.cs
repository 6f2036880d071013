namespace Firewall.Bpf.Objects;

/// <summary>The C types of an object's functions, each written once and only when needed.</summary>
internal sealed class FunctionTypes
{
    private static readonly string[] ScalarNames = ["a", "b", "c", "d"];

    private static readonly string[] ContextFields =
        ["data", "data_end", "data_meta", "ingress_ifindex", "rx_queue_index", "egress_ifindex"];

    private readonly BtfBuilder _btf;
    private readonly ProgramType _type;
    private readonly Dictionary<(FunctionKind Kind, int Scalars), int> _prototypes = [];
    private readonly int _unsigned;
    private readonly int _unsigned64;

    /// <summary>Pointer to the context's structure, once a function takes it.</summary>
    private int _context;

    public FunctionTypes(BtfBuilder btf, ProgramType type)
    {
        _btf = btf;
        _type = type;
        Int = btf.Int("int", 4, signed: true);
        _unsigned = btf.Int("unsigned int", 4, signed: false);
        _unsigned64 = btf.Int("unsigned long long", 8, signed: false);
    }

    public int Int { get; }

    /// <summary>Id of a new FUNC type.</summary>
    public int Function(string name, FunctionKind kind, int scalarArguments)
    {
        if (!_prototypes.TryGetValue((kind, scalarArguments), out var prototype))
        {
            prototype = kind switch
            {
                FunctionKind.Callback => Callback(),
                FunctionKind.Visitor => Visitor(),
                _ => TakingContext(scalarArguments),
            };
            _prototypes.Add((kind, scalarArguments), prototype);
        }

        return _btf.Function(name, prototype, linkage: kind is FunctionKind.Callback or FunctionKind.Visitor ? 0 : 1);
    }

    /// <summary><c>long (u64 index, void *ctx)</c>.</summary>
    private int Callback()
    {
        var result = _btf.Int("long", 8, signed: true);
        var context = _btf.Pointer(BtfBuilder.Void);
        return _btf.Prototype(result, [("index", _unsigned64), ("ctx", context)]);
    }

    private int Opaque(string structure) => _btf.Pointer(_btf.Struct(structure, 0, 0, []));

    /// <summary><c>long (void *map, void *key, void *value, void *ctx)</c>; the verifier knows what the pointers are.</summary>
    private int Visitor()
    {
        var result = _btf.Int("long", 8, signed: true);
        var pointer = _btf.Pointer(BtfBuilder.Void);
        return _btf.Prototype(result, [("map", pointer), ("key", pointer), ("value", pointer), ("ctx", pointer)]);
    }

    /// <summary><c>int (struct xdp_md *ctx, u64 a, …)</c>; the kernel knows the context by the structure's name.</summary>
    private int TakingContext(int scalars)
    {
        if (_context == BtfBuilder.Void)
        {
            var structure = _type == ProgramType.Xdp
                ? _btf.Struct(_type.ContextStructure(), 4, 4 * ContextFields.Length, [.. ContextFields.Select(f => (f, _unsigned))])
                : _btf.Struct(_type.ContextStructure(), 8, 16, [("state", Opaque("nf_hook_state")), ("skb", Opaque("sk_buff"))]);
            _context = _btf.Pointer(structure);
        }

        return _btf.Prototype(Int, [("ctx", _context), .. ScalarNames.Take(scalars).Select(n => (n, _unsigned64))]);
    }
}
