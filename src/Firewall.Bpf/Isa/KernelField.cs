namespace Firewall.Bpf.Isa;

/// <summary>
/// A member of a structure of the kernel, by name: where it lies differs between kernels, so the loader asks the kernel's BTF. Members of
/// anonymous structures and unions count as members of the outer one.
/// </summary>
/// <param name="Structure">"sk_buff".</param>
/// <param name="Path">"len", or "ext.len" to reach into a member, or "hash[1].key" for an element of an array (not in object files).</param>
/// <param name="Size">Bytes; of a text the bytes of its array.</param>
public sealed record KernelField(string Structure, string Path, KernelFieldKind Kind, int Size)
{
    public static KernelField Number(string structure, string path, int size) => new(structure, path, KernelFieldKind.Number, size);

    public static KernelField Pointer(string structure, string path) => new(structure, path, KernelFieldKind.Pointer, 8);

    public static KernelField Text(string structure, string path, int size) => new(structure, path, KernelFieldKind.Text, size);

    /// <summary>A structure or union inside, of which only the place matters.</summary>
    public static KernelField Inner(string structure, string path) => new(structure, path, KernelFieldKind.Structure, 0);

    /// <summary>Of a field that one load can read.</summary>
    /// <exception cref="InvalidOperationException">It is no number and no pointer.</exception>
    public Width Width => (Kind, Size) switch
    {
        (KernelFieldKind.Number, 1) => Width.Byte,
        (KernelFieldKind.Number, 2) => Width.Half,
        (KernelFieldKind.Number, 4) => Width.Word,
        (KernelFieldKind.Number or KernelFieldKind.Pointer, 8) => Width.Double,
        _ => throw new InvalidOperationException($"{this} does not fit a register"),
    };

    public override string ToString() => $"{Structure}.{Path}";
}

/// <summary>What libbpf compares of a member's type before it takes its place over (CO-RE).</summary>
public enum KernelFieldKind
{
    Number,
    Pointer,

    /// <summary>An array of char.</summary>
    Text,

    Structure,
}
