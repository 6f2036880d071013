using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Types;

/// <summary>
/// A type description in the kernel's format BTF (Documentation/bpf/btf.rst), read where it lies: nothing is built but a table of where
/// each type begins. A module's file goes on where vmlinux ends, in numbers and in strings.
/// </summary>
internal sealed class BtfFile
{
    private const ushort Magic = 0xeb9f;
    private const int EntrySize = 12;
    private const int MemberSize = 12;

    private readonly byte[] _bytes;
    private readonly BtfFile? _base;
    private readonly int _types;
    private readonly int _strings;
    private readonly int _stringsLength;

    /// <summary>Where the types begin, counted from the first type; the last entry is where they end.</summary>
    private readonly ImmutableArray<int> _starts;

    private BtfFile(byte[] bytes, BtfFile? vmlinux)
    {
        _bytes = bytes;
        _base = vmlinux;
        if (bytes.Length < 24 || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Magic)
        {
            throw new UnsupportedException("read the kernel's BTF", Errno.EINVAL, "it is no BTF of this byte order");
        }

        var header = Number(4);
        _types = header + Number(8);
        _strings = header + Number(16);
        _stringsLength = Number(20);
        _starts = FindTypes(_types + Number(12));
    }

    /// <summary><c>enum</c> of include/uapi/linux/btf.h.</summary>
    public enum Kind
    {
        Void = 0,
        Int = 1,
        Pointer = 2,
        Array = 3,
        Struct = 4,
        Union = 5,
        Enum = 6,
        Forward = 7,
        Typedef = 8,
        Volatile = 9,
        Const = 10,
        Restrict = 11,
        Function = 12,
        Prototype = 13,
        Variable = 14,
        DataSection = 15,
        Float = 16,
        DeclarationTag = 17,
        TypeTag = 18,
        Enum64 = 19,
    }

    /// <summary>Number of the first type; 0 is void.</summary>
    public int FirstId => _base is null ? 1 : _base.FirstId + _base.Count;

    public int Count => _starts.Length - 1;

    private int StringsEnd => (_base?.StringsEnd ?? 0) + _stringsLength;

    /// <summary>Reads a file that describes everything itself, or a module's that builds on vmlinux.</summary>
    public static BtfFile Read(byte[] bytes, BtfFile? vmlinux = null) => new(bytes, vmlinux);

    /// <summary>The number of the type of that kind and name; null when there is none.</summary>
    public int? Find(Kind kind, string name)
    {
        foreach (var offset in OffsetsOf(name))
        {
            for (var i = 0; i < Count; i++)
            {
                if (Number(_starts[i]) == offset && KindAt(_starts[i]) == kind)
                {
                    return FirstId + i;
                }
            }
        }

        return null;
    }

    /// <summary>The member of a structure or union, also inside anonymous members.</summary>
    public BtfMember? Member(int structure, string name)
    {
        var id = Stripped(structure);
        if (id < FirstId)
        {
            return id == 0 ? null : _base!.Member(id, name);
        }

        var start = StartOf(id);
        if (KindAt(start) is not (Kind.Struct or Kind.Union))
        {
            return null;
        }

        var info = Number(start + 4);
        for (var i = 0; i < (info & 0xffff); i++)
        {
            var member = start + EntrySize + (i * MemberSize);
            var (text, type, place) = (Number(member), Number(member + 4), Number(member + 8));

            // With the flag of the kind set the upper byte is the width of a bit field.
            var (bits, width) = info < 0 ? (place & 0xffffff, place >>> 24) : (place, 0);
            if (TextIs(text, name))
            {
                return new BtfMember(type, bits, width);
            }

            if (TextIs(text, "") && Member(type, name) is { } inner)
            {
                return inner with { BitOffset = inner.BitOffset + bits };
            }
        }

        return null;
    }

    /// <summary>The type of an array's elements; null when the type is no array.</summary>
    public int? ElementOf(int type)
    {
        var id = Stripped(type);
        return id < FirstId ? id == 0 ? null : _base!.ElementOf(id)
            : KindAt(StartOf(id)) == Kind.Array ? Number(StartOf(id) + EntrySize)
            : null;
    }

    /// <summary>Bytes of a type, behind all typedefs and qualifiers; pointers have eight.</summary>
    public int SizeOf(int type)
    {
        var id = Stripped(type);
        if (id < FirstId)
        {
            return id == 0 ? 0 : _base!.SizeOf(id);
        }

        var start = StartOf(id);
        return KindAt(start) switch
        {
            Kind.Pointer => 8,
            Kind.Array => Number(start + EntrySize + 8) * SizeOf(Number(start + EntrySize)),
            Kind.Int or Kind.Struct or Kind.Union or Kind.Enum or Kind.Float or Kind.Enum64 => Number(start + 8),
            _ => 0,
        };
    }

    private int Stripped(int type)
    {
        while (type >= FirstId && KindAt(StartOf(type)) is Kind.Typedef or Kind.Volatile or Kind.Const or Kind.Restrict or Kind.TypeTag)
        {
            type = Number(StartOf(type) + 8);
        }

        return type < FirstId && _base is not null ? _base.Stripped(type) : type;
    }

    private ImmutableArray<int> FindTypes(int end)
    {
        var starts = ImmutableArray.CreateBuilder<int>((end - _types) / 20);
        var at = _types;
        while (at < end)
        {
            starts.Add(at);
            var length = Number(at + 4) & 0xffff;
            at += EntrySize + KindAt(at) switch
            {
                Kind.Int or Kind.Variable or Kind.DeclarationTag => 4,
                Kind.Array => 12,
                Kind.Struct or Kind.Union or Kind.DataSection or Kind.Enum64 => length * 12,
                Kind.Enum or Kind.Prototype => length * 8,
                <= Kind.Enum64 => 0,
                var unknown => throw new UnsupportedException(
                    "read the kernel's BTF", Errno.EINVAL, $"its types of kind {(int)unknown} are newer than this program"),
            };
        }

        starts.Add(end);
        return starts.ToImmutable();
    }

    /// <summary>Where in the strings the whole name stands; BTF that was deduplicated has each once.</summary>
    private IEnumerable<int> OffsetsOf(string name)
    {
        foreach (var offset in _base?.OffsetsOf(name) ?? [])
        {
            yield return offset;
        }

        byte[] wanted = [0, .. Encoding.UTF8.GetBytes(name), 0];
        var from = 0;
        while (_bytes.AsSpan(_strings + from, _stringsLength - from).IndexOf(wanted) is >= 0 and var found)
        {
            yield return StringsEnd - _stringsLength + from + found + 1;
            from += found + 1;
        }
    }

    private bool TextIs(int offset, string text)
    {
        var own = offset - (StringsEnd - _stringsLength);
        if (own < 0)
        {
            return _base!.TextIs(offset, text);
        }

        // Names of members are ASCII.
        var bytes = _bytes.AsSpan(_strings + own);
        return bytes.Length > text.Length && bytes[text.Length] == 0 && Ascii.Equals(bytes[..text.Length], text);
    }

    private int StartOf(int type) => _starts[type - FirstId];

    private Kind KindAt(int start) => (Kind)(Number(start + 4) >> 24 & 0x1f);

    private int Number(int at) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
}

/// <summary>A member of a structure.</summary>
/// <param name="Type">Number of its type.</param>
/// <param name="BitOffset">From the beginning of the structure asked.</param>
/// <param name="BitWidth">Of a bit field; else zero.</param>
internal sealed record BtfMember(int Type, int BitOffset, int BitWidth);
