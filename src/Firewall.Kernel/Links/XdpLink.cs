using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;

namespace Firewall.Kernel.Links;

/// <summary>
/// A program attached to an interface by BPF_LINK_CREATE (bpf_xdp_link_attach in net/core/dev.c, Linux 5.9). The link lasts as
/// long as a descriptor or a pin holds it, and no other program can take its place by accident.
/// </summary>
public sealed class XdpLink : IDisposable
{
    private const uint XdpAttachType = 37;

    /// <summary>XDP_FLAGS_SKB_MODE and XDP_FLAGS_DRV_MODE.</summary>
    private const uint GenericFlag = 1 << 1;
    private const uint NativeFlag = 1 << 2;

    private XdpLink(FileDescriptor descriptor, XdpMode? mode, string? nativeRefusal)
    {
        Descriptor = descriptor;
        NativeRefusal = nativeRefusal;
        var info = Information();
        Id = info.Id;
        Mode = mode ?? CarriedMode(info);
    }

    /// <summary>The kernel's number for this link, as bpftool shows it.</summary>
    public uint Id { get; }

    /// <summary>How the program runs; null when the link is of another network namespace, or its interface is gone.</summary>
    public XdpMode? Mode { get; }

    /// <summary>Why it runs in generic mode although native mode was tried first; null when that succeeded or was not asked for.</summary>
    public string? NativeRefusal { get; }

    /// <summary>Index of the interface; 0 when the interface is gone or the link was detached.</summary>
    public int InterfaceIndex => (int)Information().Interface;

    public uint ProgramId => Information().ProgramId;

    internal FileDescriptor Descriptor { get; }

    /// <summary>
    /// Attaches to an interface of the calling thread's network namespace: native if the driver can, else generic; or only as
    /// <paramref name="mode"/> says.
    /// </summary>
    /// <exception cref="AlreadyAttachedException">The interface runs an XDP program already.</exception>
    public static XdpLink Attach(LoadedProgram program, NetworkInterface target, XdpMode? mode = null)
    {
        ThrowIfCarrying(target.Xdp, target.Name);
        if (mode is { } only)
        {
            var refused = TryAttach(program, target, only, out var link);
            return refused == Errno.None ? new XdpLink(link!, only, null) : throw Explain(target, refused);
        }

        var native = TryAttach(program, target, XdpMode.Native, out var descriptor);
        if (native == Errno.None)
        {
            return new XdpLink(descriptor!, XdpMode.Native, null);
        }

        if (native is Errno.EBUSY or Errno.EEXIST or Errno.EPERM or Errno.ENODEV)
        {
            throw Explain(target, native);
        }

        var generic = TryAttach(program, target, XdpMode.Generic, out descriptor);
        return generic == Errno.None
            ? new XdpLink(descriptor!, XdpMode.Generic, WhyNotNative(native))
            : throw Explain(target, generic);
    }

    /// <summary>Refuses an interface that runs an XDP program, as <see cref="Attach"/> would.</summary>
    /// <exception cref="AlreadyAttachedException">It does.</exception>
    public static void DemandNone(NetworkInterface target) => ThrowIfCarrying(target.Xdp, target.Name);

    /// <summary>Puts another program in the place of this link's, without a packet in between: BPF_LINK_UPDATE.</summary>
    public void Replace(LoadedProgram program)
    {
        using var link = Descriptor.Lend();
        using var replacement = program.Descriptor.Lend();
        var attributes = new LinkUpdateAttributes { Link = link.Number, NewProgram = replacement.Number };
        BpfCall.Demand(BpfCommand.LinkUpdate, ref attributes, $"replace the program of link {Id}");
    }

    /// <summary>Takes the program off the interface at once, even when the link is pinned: BPF_LINK_DETACH. Once more does no harm.</summary>
    public void Detach()
    {
        using var loan = Descriptor.Lend();
        var attributes = new LinkDetachAttributes { Link = loan.Number };
        BpfCall.Demand(BpfCommand.LinkDetach, ref attributes, $"detach link {Id}");
    }

    /// <summary>Lets go of the descriptor; the program leaves the interface unless the link is pinned.</summary>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Takes the descriptor of an existing link over.</summary>
    internal static XdpLink Open(FileDescriptor descriptor) => new(descriptor, null, null);

    private static Errno TryAttach(LoadedProgram program, NetworkInterface target, XdpMode mode, out FileDescriptor? link)
    {
        using var loan = program.Descriptor.Lend();
        var attributes = new LinkCreateAttributes
        {
            Program = loan.Number,
            Target = target.Index,
            AttachType = XdpAttachType,
            Flags = mode switch
            {
                XdpMode.Native => NativeFlag,
                XdpMode.Generic => GenericFlag,
                _ => throw new ArgumentException($"links cannot be attached in {mode} mode", nameof(mode)),
            },
        };
        var error = BpfCall.Try(BpfCommand.LinkCreate, ref attributes, out var number);
        link = error == Errno.None ? new FileDescriptor(number) : null;
        return error;
    }

    private static string WhyNotNative(Errno error) => error switch
    {
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => "the driver has no native XDP",
        Errno.EINVAL or Errno.ERANGE => "the driver refuses native XDP with the present settings (MTU, queues or offloads)",
        Errno.ENOMEM or Errno.ENOSPC => "the driver has not enough memory or queues for native XDP",
        _ => $"the driver refuses native XDP: {error.Explain()}",
    };

    private static KernelException Explain(NetworkInterface target, Errno error)
    {
        if (error is Errno.EBUSY or Errno.EEXIST)
        {
            // Somebody was quicker than we; say who.
            ThrowIfCarrying(NetworkInterfaces.Find(target.Index)?.Xdp ?? CarriedXdp.None, target.Name);
        }

        return error == Errno.EINVAL
            ? new UnsupportedException(
                $"attach to {target.Name}",
                error,
                "the interface is gone, or is a member of a bond whose other members cannot do this, or the kernel is older than Linux 5.9")
            : Refusal.Of(BpfCommand.LinkCreate, error, $"attach to {target.Name}");
    }

    private static void ThrowIfCarrying(CarriedXdp carried, string interfaceName)
    {
        if (!carried.IsEmpty)
        {
            var (mode, program) = carried.Programs.First();
            throw new AlreadyAttachedException(interfaceName, mode, program, NameOf(program));
        }
    }

    private static string NameOf(uint programId)
    {
        try
        {
            using var program = LoadedProgram.OpenById(programId);
            return program.Name;
        }
        catch (KernelException)
        {
            return "?";
        }
    }

    private LinkInformation Information() => BpfCall.Information<LinkInformation>(Descriptor, "describe a link");

    /// <summary>The link does not say its mode, but the interface says the mode of the program.</summary>
    private static XdpMode? CarriedMode(LinkInformation info) => NetworkInterfaces.Find((int)info.Interface)?.Xdp.Programs
        .Where(carried => carried.Program == info.ProgramId)
        .Select(carried => (XdpMode?)carried.Mode)
        .FirstOrDefault();
}
