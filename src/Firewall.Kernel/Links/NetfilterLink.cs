using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Netfilter;

namespace Firewall.Kernel.Links;

/// <summary>
/// A program at a netfilter hook of one network namespace, by BPF_LINK_CREATE (bpf_nf_link_attach in net/netfilter/nf_bpf_link.c, Linux 6.4).
/// The link lasts as long as a descriptor or a pin holds it, and it holds its namespace: one whose name and processes are gone lives on until
/// the link is detached.
/// </summary>
public sealed class NetfilterLink : IDisposable
{
    private const uint NetfilterAttachType = 45;

    /// <summary>NFPROTO_IPV4 and NFPROTO_IPV6.</summary>
    private const uint Ipv4 = 2;
    private const uint Ipv6 = 10;

    private NetfilterLink(FileDescriptor descriptor)
    {
        Descriptor = descriptor;
        var info = Information();
        Id = info.Id;
        ProgramId = info.ProgramId;
        Family = info.Family == Ipv4 ? AddressFamily.Ipv4 : AddressFamily.Ipv6;
        Hook = (NetfilterHook)info.Hook;
        Priority = info.Priority;
    }

    /// <summary>The kernel's number for this link, as bpftool shows it.</summary>
    public uint Id { get; }

    public uint ProgramId { get; }

    public AddressFamily Family { get; }

    public NetfilterHook Hook { get; }

    /// <summary>Hooks run in the order of their priorities, lower first.</summary>
    public int Priority { get; }

    internal FileDescriptor Descriptor { get; }

    /// <summary>Links a program in the calling thread's network namespace, at the priority of the place that is free.</summary>
    /// <exception cref="KernelException">Both priorities are taken by other programs, or the kernel refuses.</exception>
    public static NetfilterLink Attach(LoadedProgram program, NetfilterPlace place)
    {
        var error = Errno.None;
        foreach (var priority in place.Priorities)
        {
            error = TryAttach(program, place, priority, out var link);
            if (error == Errno.None)
            {
                return new NetfilterLink(link!);
            }

            if (error != Errno.EBUSY)
            {
                break;
            }
        }

        throw Explain(place, error);
    }

    /// <summary>
    /// Links another program at the same place, then detaches this one's. No packet passes unseen; one that comes in between may meet both,
    /// and then gets through only if both accept it, and is counted by both. Call it in the network namespace of this link.
    /// </summary>
    public NetfilterLink Replace(LoadedProgram successor, NetfilterPlace place)
    {
        if (place.Family != Family || place.Hook != Hook || !place.Priorities.Contains(Priority))
        {
            throw new ArgumentException($"link {Id} does not stand at {place}", nameof(place));
        }

        var link = Attach(successor, place);
        try
        {
            Detach();
            return link;
        }
        catch
        {
            link.Detach();
            link.Dispose();
            throw;
        }
    }

    /// <summary>Takes the program off the hook at once, even when the link is pinned: BPF_LINK_DETACH. Once more does no harm.</summary>
    public void Detach()
    {
        using var loan = Descriptor.Lend();
        var attributes = new LinkDetachAttributes { Link = loan.Number };
        BpfCall.Demand(BpfCommand.LinkDetach, ref attributes, $"detach link {Id}");
    }

    /// <summary>Lets go of the descriptor; the program leaves the hook unless the link is pinned.</summary>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Takes the descriptor of an existing link over.</summary>
    internal static NetfilterLink Open(FileDescriptor descriptor) => new(descriptor);

    private static Errno TryAttach(LoadedProgram program, NetfilterPlace place, int priority, out FileDescriptor? link)
    {
        using var loan = program.Descriptor.Lend();
        var attributes = new NetfilterLinkCreateAttributes
        {
            Program = loan.Number,
            AttachType = NetfilterAttachType,
            Family = place.Family == AddressFamily.Ipv4 ? Ipv4 : Ipv6,
            Hook = (uint)place.Hook,
            Priority = priority,
        };
        var error = BpfCall.Try(BpfCommand.LinkCreate, ref attributes, out var number);
        link = error == Errno.None ? new FileDescriptor(number) : null;
        return error;
    }

    private static KernelException Explain(NetfilterPlace place, Errno error) => error switch
    {
        Errno.EBUSY => new KernelException($"attach to {place}", error, $"other programs have the priorities {string.Join(" and ", place.Priorities)} (\"bpftool link\" lists them)"),
        Errno.EINVAL or Errno.EOPNOTSUPP => new UnsupportedException($"attach to {place}", error, "netfilter links came with Linux 6.4 (CONFIG_NETFILTER_BPF_LINK)"),
        Errno.EAFNOSUPPORT => new UnsupportedException($"attach to {place}", error, "the kernel has no such family"),
        _ => Refusal.Of(BpfCommand.LinkCreate, error, $"attach to {place}"),
    };

    private NetfilterLinkInformation Information() => BpfCall.Information<NetfilterLinkInformation>(Descriptor, "describe a link");
}
