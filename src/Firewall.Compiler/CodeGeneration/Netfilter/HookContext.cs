using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration.Netfilter;

/// <summary>
/// What a netfilter program can see: <c>struct bpf_nf_ctx</c> (include/linux/netfilter.h), from there the hook's state and the packet's socket buffer.
/// Where the members lie, the loader learns from the kernel.
/// </summary>
internal static class HookContext
{
    /// <summary><c>NFPROTO_IPV4</c>; else it is IPv6.</summary>
    public const int FamilyIPv4 = 2;

    public static readonly KernelField Family = KernelField.Number("nf_hook_state", "pf", 1);
    public static readonly KernelField InDevice = KernelField.Pointer("nf_hook_state", "in");
    public static readonly KernelField OutDevice = KernelField.Pointer("nf_hook_state", "out");

    /// <summary>Not cleared behind its end: a device that was renamed may keep letters of its old name there.</summary>
    public static readonly KernelField DeviceName = KernelField.Text("net_device", "name", 16);

    public static readonly KernelField Network = KernelField.Pointer("nf_hook_state", "net");

    public static readonly KernelField DeviceIndex = KernelField.Number("net_device", "ifindex", 4);

    /// <summary><c>ARPHRD_</c> (include/uapi/linux/if_arp.h).</summary>
    public static readonly KernelField DeviceType = KernelField.Number("net_device", "type", 2);

    /// <summary>Bytes of the link header.</summary>
    public static readonly KernelField DeviceHeaderLength = KernelField.Number("net_device", "hard_header_len", 2);

    /// <summary>Bytes from the network header on.</summary>
    public static readonly KernelField Length = KernelField.Number("sk_buff", "len", 4);
    public static readonly KernelField Mark = KernelField.Number("sk_buff", "mark", 4);

    /// <summary>Address of the <c>nf_conn</c> and, in the low three bits, <c>enum ip_conntrack_info</c>.</summary>
    public static readonly KernelField Connection = KernelField.Number("sk_buff", "_nfct", 8);

    /// <summary>Distance of the link header from <see cref="Head"/>; all ones when there is none.</summary>
    public static readonly KernelField MacHeader = KernelField.Number("sk_buff", "mac_header", 2);
    public static readonly KernelField NetworkHeader = KernelField.Number("sk_buff", "network_header", 2);
    public static readonly KernelField Head = KernelField.Pointer("sk_buff", "head");

    /// <summary>An empty member in front of the bits of <c>pkt_type</c>.</summary>
    public static readonly KernelField PacketType = KernelField.Inner("sk_buff", "__pkt_type_offset");

    /// <summary>The <c>struct sock</c> that sent the packet or waits for it.</summary>
    public static readonly KernelField Socket = KernelField.Pointer("sk_buff", "sk");

    private static readonly KernelField State = KernelField.Pointer("bpf_nf_ctx", "state");
    private static readonly KernelField Buffer = KernelField.Pointer("bpf_nf_ctx", "skb");

    /// <summary>Bits of <see cref="Connection"/> that are no address.</summary>
    public const int ConnectionInfo = 7;

    public static void EmitState(Assembler asm, Register target) => asm.LoadKernelField(target, R6, State);

    /// <summary>The <c>struct sk_buff</c>.</summary>
    public static void EmitBuffer(Assembler asm, Register target) => asm.LoadKernelField(target, R6, Buffer);

    /// <summary>
    /// Copies <paramref name="bytes"/> bytes of a kernel structure to where R1 points; zeros when there is no structure. R3 is its address. R0 to R5 are
    /// used up.
    /// </summary>
    public static void EmitCopy(Assembler asm, KernelField field, int bytes)
    {
        asm.MoveKernelOffset(R2, field);
        asm.Alu(AluOp.Add, R3, R2);
        asm.Move(R2, bytes);
        asm.CallHelper(HelperFunction.ProbeReadKernel);
    }
}
