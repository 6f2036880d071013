namespace Firewall.Bpf.Objects;

/// <summary>Where in the kernel an object's programs run, which decides the structure they get: <c>enum bpf_prog_type</c> of include/uapi/linux/bpf.h.</summary>
public enum ProgramType
{
    /// <summary>In the driver; context <c>struct xdp_md</c>.</summary>
    Xdp = 6,

    /// <summary>At a hook of the IP layer; context <c>struct bpf_nf_ctx</c>. Linux 6.4.</summary>
    Netfilter = 32,
}

internal static class ProgramTypes
{
    /// <summary>The structure whose name tells the kernel that an argument is the context (kernel/bpf/btf.c, bpf_ctx_convert).</summary>
    public static string ContextStructure(this ProgramType type) => type == ProgramType.Xdp ? "xdp_md" : "bpf_nf_ctx";

    /// <summary>The section by whose name libbpf knows the type.</summary>
    public static string Section(this ProgramType type) => type == ProgramType.Xdp ? "xdp" : "netfilter";
}
