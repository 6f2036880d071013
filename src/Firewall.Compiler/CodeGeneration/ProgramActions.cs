namespace Firewall.Compiler.CodeGeneration;

/// <summary>What a program returns to the kernel.</summary>
/// <param name="Accept">The packet goes on.</param>
/// <param name="Drop">It is gone.</param>
/// <param name="Abort">It is gone, because something happened that cannot happen.</param>
internal sealed record ProgramActions(int Accept, int Drop, int Abort)
{
    /// <summary>The largest number that a program of the kind may return (<c>XDP_REDIRECT</c>, <c>NF_ACCEPT</c>).</summary>
    public int Largest { get; private init; } = 1;

    private static readonly ProgramActions Xdp = new(XdpAction.Pass, XdpAction.Drop, XdpAction.Aborted) { Largest = 4 };

    /// <summary><c>NF_ACCEPT</c> and <c>NF_DROP</c> (include/uapi/linux/netfilter.h).</summary>
    private static readonly ProgramActions Netfilter = new(Accept: 1, Drop: 0, Abort: 0);

    public static ProgramActions Of(ProgramKind program) => program == ProgramKind.Xdp ? Xdp : Netfilter;
}
