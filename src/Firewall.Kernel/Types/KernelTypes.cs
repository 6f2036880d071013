using System.Collections.Concurrent;
using System.Globalization;
using Firewall.Bpf.Isa;
using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Types;

/// <summary>
/// The running kernel's own types: where members of its structures lie and which number its functions have. Read from
/// /sys/kernel/btf once and only when asked; each answer is kept.
/// </summary>
public sealed class KernelTypes
{
    private const string Directory = "/sys/kernel/btf";
    private const string Vmlinux = "vmlinux";

    /// <summary>
    /// Where the modules lie that define what this project asks for, when they are not built in. Others are not looked at: a
    /// distribution has hundreds.
    /// </summary>
    private static readonly string[] Modules = ["nf_conntrack", "nf_defrag_ipv6", "nf_nat"];

    private static readonly Lazy<KernelTypes> Running = new(() => new KernelTypes(Directory));

    private readonly string _directory;
    private readonly Lazy<BtfFile> _vmlinux;

    // Only what was found: a module may be loaded at any time.
    private readonly ConcurrentDictionary<string, BtfFile> _modules = [];
    private readonly ConcurrentDictionary<string, KernelSymbol> _functions = [];
    private readonly ConcurrentDictionary<KernelField, int> _offsets = [];

    internal KernelTypes(string directory)
    {
        _directory = directory;
        _vmlinux = new(() => BtfFile.Read(Bytes(Vmlinux)
            ?? throw new UnsupportedException("read the kernel's types", Errno.ENOENT, "the kernel was built without CONFIG_DEBUG_INFO_BTF")));
    }

    public static KernelTypes Current => Running.Value;

    /// <summary>Bytes from the beginning of the structure to the field.</summary>
    /// <exception cref="UnsupportedException">This kernel has no such field, or one of another size.</exception>
    public int OffsetOf(KernelField field) => _offsets.GetOrAdd(field, Locate);

    /// <summary>Whether this kernel has the structure and the field in it.</summary>
    public bool Has(KernelField field)
    {
        try
        {
            return OffsetOf(field) >= 0;
        }
        catch (UnsupportedException)
        {
            return false;
        }
    }

    /// <summary>The function's BTF id; null when neither the kernel nor a loaded module of interest has it.</summary>
    public KernelSymbol? FindFunction(string name)
    {
        if (_functions.TryGetValue(name, out var known))
        {
            return known;
        }

        foreach (var (module, types) in Files())
        {
            if (types.Find(BtfFile.Kind.Function, name) is { } id)
            {
                return _functions.GetOrAdd(name, new KernelSymbol(id, module));
            }
        }

        return null;
    }

    private int Locate(KernelField field)
    {
        foreach (var (_, types) in Files())
        {
            if (types.Find(BtfFile.Kind.Struct, field.Structure) is { } structure)
            {
                return Locate(types, structure, field);
            }
        }

        throw new UnsupportedException($"find {field} in the kernel", Errno.ENOENT, $"this kernel has no struct {field.Structure}");
    }

    private static int Locate(BtfFile types, int structure, KernelField field)
    {
        var (type, bits) = (structure, 0);
        foreach (var step in field.Path.Split('.'))
        {
            var name = step.Split('[')[0];
            var member = types.Member(type, name)
                ?? throw new UnsupportedException($"find {field} in the kernel", Errno.ENOENT, $"this kernel's structure has no member {name}");
            if (member.BitWidth != 0 || member.BitOffset % 8 != 0)
            {
                throw new UnsupportedException($"find {field} in the kernel", Errno.EINVAL, "it is a bit field");
            }

            (type, bits) = (member.Type, bits + member.BitOffset);
            if (step.Length > name.Length)
            {
                type = types.ElementOf(type)
                    ?? throw new UnsupportedException($"find {field} in the kernel", Errno.EINVAL, $"its member {name} is no array");
                bits += 8 * types.SizeOf(type) * int.Parse(step.AsSpan(name.Length + 1).TrimEnd(']'), CultureInfo.InvariantCulture);
            }
        }

        var size = types.SizeOf(type);
        return field.Size == 0 || size == field.Size
            ? bits / 8
            : throw new UnsupportedException($"find {field} in the kernel", Errno.EINVAL, $"it has {size} bytes, not {field.Size}");
    }

    /// <summary>The kernel proper, then the modules of interest that are loaded.</summary>
    private IEnumerable<(string? Module, BtfFile Types)> Files()
    {
        yield return (null, _vmlinux.Value);
        foreach (var module in Modules)
        {
            if (!_modules.TryGetValue(module, out var types) && Bytes(module) is { } bytes)
            {
                types = _modules.GetOrAdd(module, BtfFile.Read(bytes, _vmlinux.Value));
            }

            if (types is not null)
            {
                yield return (module, types);
            }
        }
    }

    private byte[]? Bytes(string name)
    {
        var path = Path.Combine(_directory, name);
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }
}

/// <summary>A function of the kernel.</summary>
/// <param name="Id">Its number in the BTF that describes it.</param>
/// <param name="Module">The module that has it; null when it is built in.</param>
public sealed record KernelSymbol(int Id, string? Module);
