using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Links;

/// <summary>The interface carries an XDP program already; the kernel lets a link neither replace nor join it.</summary>
public sealed class AlreadyAttachedException(string interfaceName, XdpMode mode, uint programId, string programName)
    : KernelException(
        $"attach to {interfaceName}",
        Errno.EBUSY,
        $"it already runs XDP program {programName} (id {programId}, {mode.ToString().ToLowerInvariant()} mode); detach that first "
        + $"(\"bpftool net show dev {interfaceName}\" tells more)")
{
    public string InterfaceName { get; } = interfaceName;

    public XdpMode Mode { get; } = mode;

    public uint ProgramId { get; } = programId;

    /// <summary>As the kernel keeps it; "?" when the program went away or its name may not be read.</summary>
    public string ProgramName { get; } = programName;
}
