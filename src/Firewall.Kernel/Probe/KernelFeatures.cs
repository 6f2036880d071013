using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Types;

namespace Firewall.Kernel.Probe;

/// <summary>What this kernel offers us, each with a reason that can be shown to a user.</summary>
/// <param name="Privilege">Whether the calling thread may load and attach.</param>
/// <param name="XdpLink">BPF_LINK_CREATE for XDP, Linux 5.9.</param>
/// <param name="TypeInformation">The kernel describes its own types (/sys/kernel/btf/vmlinux), for calls of kernel functions.</param>
/// <param name="JustInTime">Programs run as machine code.</param>
/// <param name="LongJump">gotol, of the instruction set's fourth version, Linux 6.6.</param>
/// <param name="Loop">The helper bpf_loop, Linux 5.17.</param>
/// <param name="Netfilter">Programs at netfilter hooks that can read packets, Linux 6.4.</param>
/// <param name="ConnectionLookup">XDP programs can ask connection tracking (bpf_xdp_ct_lookup), Linux 5.18.</param>
public sealed record KernelFeatures(
    KernelRelease Release,
    Feature Privilege,
    Feature XdpLink,
    Feature TypeInformation,
    Feature JustInTime,
    Feature LongJump,
    Feature Loop,
    Feature Netfilter,
    Feature ConnectionLookup)
{
    private const string KernelTypeFile = "/sys/kernel/btf/vmlinux";
    private const int LoopHelper = 181;
    private static readonly Version FirstWithXdpLink = new(5, 9);

    public static KernelFeatures Read() => new(
        KernelRelease.Current,
        AskPrivilege(),
        AskXdpLink(),
        File.Exists(KernelTypeFile)
            ? new(true, $"{KernelTypeFile} is there")
            : new(false, $"{KernelTypeFile} is missing: the kernel was built without CONFIG_DEBUG_INFO_BTF"),
        AskJustInTime(),
        AskLongJump(),
        AskLoop(),
        AskNetfilter(),
        AskFunctions(
            "Linux 5.18, in the module nf_conntrack (CONFIG_DEBUG_INFO_BTF_MODULES)",
            KernelFunction.XdpConnectionLookup, KernelFunction.ConnectionRelease));

    private static Feature AskPrivilege()
    {
        var capabilities = Capabilities.Read();
        return capabilities.CanLoadFirewalls
            ? new(true, "the capabilities suffice")
            : new(false, $"missing {string.Join(", ", capabilities.Missing)}; run as root");
    }

    /// <summary>A failed BPF_LINK_CREATE does not tell an unknown interface from an unknown kind of link, so the version must do.</summary>
    private static Feature AskXdpLink() => KernelRelease.Current.Version >= FirstWithXdpLink
        ? new(true, $"Linux {KernelRelease.Current} is at least {FirstWithXdpLink}")
        : new(false, $"XDP links came with Linux {FirstWithXdpLink}, this is {KernelRelease.Current}");

    private static Feature AskJustInTime()
    {
        const string Setting = "/proc/sys/net/core/bpf_jit_enable";
        return !File.Exists(Setting)
            ? new(false, "this kernel was built without CONFIG_BPF_JIT")
            : File.ReadAllText(Setting).Trim() == "0"
                ? new(false, "net.core.bpf_jit_enable is 0")
                : new(true, "net.core.bpf_jit_enable is on");
    }

    /// <summary>A program with one long jump to the next instruction.</summary>
    private static Feature AskLongJump()
    {
        var longJump = new Instruction(Opcode: 0x06, default, default, Offset: 0, Immediate: 0);
        var error = ProbeProgram.Load([longJump, Instruction.Alu64(AluOp.Move, new Register(0), 0), Instruction.Exit()], out _);
        return Tell(error, error == Errno.None, "gotol", "Linux 6.6");
    }

    /// <summary>A call with wrong arguments: the verifier names either the arguments or the function.</summary>
    private static Feature AskLoop()
    {
        var error = ProbeProgram.Load([Instruction.CallHelper(LoopHelper), Instruction.Exit()], out var log);
        return Tell(error, error != Errno.EPERM && !log.Contains("func", StringComparison.Ordinal), "bpf_loop", "Linux 5.17");
    }

    /// <summary>A program that accepts everything, and the function by which such programs read packets.</summary>
    private static Feature AskNetfilter()
    {
        Instruction[] accepting = [Instruction.Alu64(AluOp.Move, new Register(0), 1), Instruction.Exit()];
        var error = ProbeProgram.Load(accepting, out _, ProgramType.Netfilter);
        return error == Errno.None
            ? AskFunctions("Linux 6.4", KernelFunction.DynptrFromSocketBuffer) is { IsAvailable: false } missing ? missing : new(true, "the kernel takes netfilter programs")
            : error == Errno.EPERM ? new(false, "not known: asking about netfilter programs needs privileges")
            : new(false, $"netfilter programs came with Linux 6.4 (CONFIG_NETFILTER_BPF_LINK), this is {KernelRelease.Current}");
    }

    /// <summary>Whether the kernel or a loaded module has all of the functions.</summary>
    private static Feature AskFunctions(string since, params ReadOnlySpan<KernelFunction> functions)
    {
        if (!File.Exists(KernelTypeFile))
        {
            return new(false, $"not known: {KernelTypeFile} is missing");
        }

        foreach (var function in functions)
        {
            if (KernelTypes.Current.FindFunction(function.Name) is null)
            {
                return new(false, $"the kernel function {function} is missing; it came with {since}");
            }
        }

        return new(true, $"the kernel has {string.Join(" and ", functions.ToArray().Select(f => f.Name))}");
    }

    private static Feature Tell(Errno error, bool available, string name, string since) =>
        available ? new(true, $"the verifier knows {name}")
        : error == Errno.EPERM ? new(false, $"not known: asking about {name} needs privileges")
        : new(false, $"{name} came with {since}");
}
