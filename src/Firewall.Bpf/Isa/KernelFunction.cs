using System.Collections.Immutable;

namespace Firewall.Bpf.Isa;

/// <summary>
/// A function of the kernel that programs may call (Documentation/bpf/kfuncs.rst). It has no number: the loader finds it by name in the
/// kernel's BTF. The prototype is for object files, which libbpf compares with the kernel's.
/// </summary>
public sealed record KernelFunction(string Name, KernelType Result, ImmutableArray<KernelType> Parameters)
{
    private static readonly KernelType Word = KernelType.Number(4);
    private static readonly KernelType Tuple = KernelType.PointerTo("bpf_sock_tuple");
    private static readonly KernelType Connection = KernelType.PointerTo("nf_conn");
    private static readonly KernelType Dynptr = KernelType.PointerTo("bpf_dynptr");

    /// <summary>
    /// <c>struct nf_conn *(struct xdp_md *, struct bpf_sock_tuple *, u32 size, struct bpf_ct_opts *, u32 size)</c>; what it returns must be
    /// given back by <see cref="ConnectionRelease"/>. Linux 5.18 (net/netfilter/nf_conntrack_bpf.c).
    /// </summary>
    public static readonly KernelFunction XdpConnectionLookup =
        new("bpf_xdp_ct_lookup", Connection, [KernelType.PointerTo("xdp_md"), Tuple, Word, KernelType.PointerTo("bpf_ct_opts"), Word]);

    /// <summary><c>void (struct nf_conn *)</c>. Linux 5.18.</summary>
    public static readonly KernelFunction ConnectionRelease = new("bpf_ct_release", KernelType.Void, [Connection]);

    /// <summary>
    /// <c>int (struct __sk_buff *, u64 flags, struct bpf_dynptr *)</c>: a view of the packet from its network header on, whatever pieces it is in.
    /// Linux 6.4 (net/core/filter.c).
    /// </summary>
    public static readonly KernelFunction DynptrFromSocketBuffer =
        new("bpf_dynptr_from_skb", Word, [KernelType.PointerTo("__sk_buff"), KernelType.Number(8), Dynptr]);

    /// <summary><c>u32 (const struct bpf_dynptr *)</c>: bytes behind the view. Linux 6.5.</summary>
    public static readonly KernelFunction DynptrSize = new("bpf_dynptr_size", Word, [Dynptr]);

    /// <summary>Two functions are the same when their names are.</summary>
    public bool Equals(KernelFunction? other) => Name == other?.Name;

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}

/// <summary>A type in the prototype of a kernel function, as far as libbpf compares it.</summary>
/// <param name="Bytes">Of a number; zero of everything else.</param>
/// <param name="Structure">What a pointer points to; null when it is no pointer, empty when it points to void.</param>
public sealed record KernelType(int Bytes, string? Structure)
{
    public static readonly KernelType Void = new(0, null);

    public static KernelType Number(int bytes) => new(bytes, null);

    public static KernelType PointerTo(string structure) => new(0, structure);
}
