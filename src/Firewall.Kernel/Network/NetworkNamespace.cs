using System.Globalization;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Network;

/// <summary>
/// A network namespace (network_namespaces(7)), held open by a descriptor. Namespaces belong to threads: everything in
/// this project that reads the network speaks of the namespace that the calling thread is in.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x40000000;
    private const int CloseOnExec = 0x80000;
    private const string OfThisThread = "/proc/thread-self/ns/net";

    private NetworkNamespace(FileDescriptor descriptor, ulong inode)
    {
        Descriptor = descriptor;
        Inode = inode;
    }

    /// <summary>What tells namespaces apart: the number in "net:[4026531840]".</summary>
    public ulong Inode { get; }

    internal FileDescriptor Descriptor { get; }

    /// <summary>The inode of the calling thread's namespace.</summary>
    public static ulong CurrentInode
    {
        get
        {
            var target = new FileInfo(OfThisThread).LinkTarget
                ?? throw new UnsupportedException("name the network namespace", Errno.ENOENT, "/proc is not mounted");
            return ulong.Parse(target.AsSpan(target.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']'), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The calling thread's namespace.</summary>
    public static NetworkNamespace Current() => new(Open(OfThisThread), CurrentInode);

    /// <summary>
    /// A new, empty namespace without a name: it and its interfaces vanish with the last descriptor, process or device
    /// link in it, even when we are killed.
    /// </summary>
    public static NetworkNamespace Create()
    {
        NetworkNamespace? created = null;
        KernelException? refused = null;
        var maker = new Thread(() =>
        {
            if (LibC.Unshare(NewNetwork) != 0)
            {
                refused = Refusal.OfLast("create a network namespace");
                return;
            }

            created = Current();
        });
        maker.Start();
        maker.Join();
        return created ?? throw refused ?? new KernelException("create a network namespace", Errno.None);
    }

    /// <summary>
    /// Does the work inside this namespace on the calling thread, then returns to where the thread was. Sockets, descriptors
    /// and processes made by the work stay in this namespace. The work must not await: it could go on in another thread.
    /// </summary>
    public T Run<T>(Func<T> work)
    {
        using var home = Open(OfThisThread);
        Enter(Descriptor);
        try
        {
            return work();
        }
        finally
        {
            Enter(home);
        }
    }

    public void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });

    public void Dispose() => Descriptor.Dispose();

    private static FileDescriptor Open(string path)
    {
        var number = LibC.Open(path, CloseOnExec);
        return number >= 0 ? new FileDescriptor(number) : throw Refusal.OfLast($"open {path}");
    }

    private static void Enter(FileDescriptor descriptor)
    {
        using var loan = descriptor.Lend();
        if (LibC.SetNamespace(loan.Number, NewNetwork) != 0)
        {
            throw Refusal.OfLast("enter a network namespace");
        }
    }
}
