using System.Collections.Immutable;
using Firewall.Compiler.Lowering;
using Firewall.Rules.Meaning;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Which facts of a packet one family's rules ask for, and where in <see cref="Scratch"/> the packet parser leaves them. Only what
/// is asked is read.
/// </summary>
public sealed class FieldSlots
{
    private readonly Scratch _scratch;
    private readonly InterfacePatterns _interfaces;
    private readonly Dictionary<Field, short> _fields = [];
    private readonly Dictionary<HeaderGate, GateSlots> _gates = [];

    public FieldSlots(Scratch scratch, InterfacePatterns interfaces, Family family, IEnumerable<LoweredGuard> guards, IEnumerable<Field>? others = null)
    {
        (_scratch, _interfaces, Family) = (scratch, interfaces, family);
        foreach (var atom in guards.SelectMany(g => g.Stages).SelectMany(s => s.Atoms)) { Note(atom); }
        foreach (var field in others ?? []) { Note(field); }
        foreach (var field in guards.SelectMany(g => g.Stages).SelectMany(s => s.Search?.Program.Fields ?? [])) { Note(field); }
    }

    public Family Family { get; }

    public IEnumerable<KeyValuePair<Field, short>> Fields => _fields;

    public IEnumerable<KeyValuePair<HeaderGate, GateSlots>> Gates => _gates;

    /// <summary>Offset of the field's value: host order in 4 or 8 bytes, addresses in network order in 4 or 16.</summary>
    public short this[Field field] => _fields[field];

    public GateSlots this[HeaderGate gate] => _gates[gate];

    /// <summary>Offset of a field's value; null when no rule asks for it.</summary>
    public short? Find(Field field) => _fields.TryGetValue(field, out var slot) ? slot : null;

    /// <summary>Bytes a field takes in scratch memory.</summary>
    public static int Size(Field field) => field.Bits switch
    {
        <= 32 => 4,
        <= 64 => 8,
        _ => 16,
    };

    private void Note(Atom atom)
    {
        switch (atom)
        {
            case Test test:
                Note(test.Field);
                break;
            case AnyOf any:
                foreach (var test in any.Tests) { Note(test.Field); }
                break;
            case HotdropUnless { Test: var test }:
                Note(test.Field);
                break;
            case InterfaceTest test:
                _interfaces.Add(test);
                break;
            case Doubtful { Possible: { } possible }:
                Note(possible);
                break;
            case Doubtful { Doubt: UnlessDoubt unless }:
                Note(unless.Known);
                break;
            case HeaderGate gate when !_gates.ContainsKey(gate):
                // Transport gates of one size share a slot whatever they do when it is short.
                var twin = _gates.Keys.FirstOrDefault(g => g.Base == HeaderBase.Transport && g.Base == gate.Base && g.Bytes == gate.Bytes);
                _gates[gate] = twin is not null ? _gates[twin]
                    : new GateSlots(_scratch.Allocate(8), gate.Base == HeaderBase.Transport ? null : _scratch.Allocate(4));
                break;
        }
    }

    private void Note(Field field)
    {
        if (field.Kind == FieldKind.EthernetLink) { _interfaces.Add(InterfacePatterns.NotLoopback); }
        if (_fields.ContainsKey(field)) { return; }
        _fields[field] = field.Kind switch
        {
            FieldKind.Protocol => Scratch.Protocol,
            FieldKind.TransportLength => Scratch.TransportLength,
            _ => _scratch.Allocate(Size(field)),
        };
    }

    /// <summary>
    /// Distances behind <paramref name="from"/> up to which the parser must check and read, ascending: the gates' sizes, and the
    /// ends of fields that no gate covers.
    /// </summary>
    public ImmutableArray<int> Extents(HeaderBase from)
    {
        var sizes = _gates.Keys.Where(g => g.Base == from).Select(g => g.Bytes).ToHashSet();
        var uncovered = _fields.Keys.Where(f => f.Kind == FieldKind.Bytes && f.Base == from).Select(f => f.Offset + f.Length)
            .Where(end => !sizes.Any(s => s >= end));
        return [.. sizes.Union(uncovered).Order()];
    }
}

/// <summary>Where the parser leaves the answer to a <see cref="HeaderGate"/>.</summary>
/// <param name="Open">u64: all ones when the bytes are there and readable, else 0.</param>
/// <param name="Missed">u32: not 0 when the rule just does not match (extension headers only).</param>
public sealed record GateSlots(short Open, short? Missed);
