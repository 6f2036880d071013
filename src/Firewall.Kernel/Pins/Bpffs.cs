using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Pins;

/// <summary>The file system that keeps maps, programs and links alive when no process does (kernel/bpf/inode.c).</summary>
public static unsafe class Bpffs
{
    /// <summary>Where every tool expects it; systemd mounts it there.</summary>
    public const string UsualPlace = "/sys/fs/bpf";

    private const uint Magic = 0xcafe4a11;
    private const nuint NoSetUid = 2;
    private const nuint NoDevices = 4;
    private const nuint NoExecution = 8;
    private const uint OwnerOnly = 0x1c0;

    /// <summary>Whether that directory is on a bpffs (statfs(2)).</summary>
    public static bool IsMounted(string directory)
    {
        // struct statfs has 120 bytes; its first word is the magic, 32 bits of it.
        var status = stackalloc nint[32];
        return LibC.FileSystemStatus(directory, status) == 0 && (uint)*status == Magic;
    }

    /// <summary>Mounts a bpffs on that directory unless it is on one already.</summary>
    public static void Mount(string directory = UsualPlace)
    {
        if (!IsMounted(directory) && LibC.Mount("bpf", directory, "bpf", NoSetUid | NoDevices | NoExecution, "mode=0700") != 0)
        {
            throw Refusal.OfLast($"mount a bpffs on {directory}");
        }
    }

    internal static void Pin(FileDescriptor descriptor, string path)
    {
        using var loan = descriptor.Lend();
        using var text = new NativeText(path);
        var attributes = new ObjectPathAttributes { Path = text.Address, Descriptor = loan.Number };
        BpfCall.Demand(BpfCommand.ObjectPin, ref attributes, $"pin {path}");
    }

    internal static FileDescriptor Open(string path)
    {
        using var text = new NativeText(path);
        var attributes = new ObjectPathAttributes { Path = text.Address };
        return BpfCall.Open(BpfCommand.ObjectGet, ref attributes, $"open the pin {path}");
    }

    /// <summary>A directory only its owner may enter; true when it was not there before.</summary>
    internal static bool MakeDirectory(string path)
    {
        if (LibC.MakeDirectory(path, OwnerOnly) == 0)
        {
            return true;
        }

        var error = LibC.LastError;
        return error == Errno.EEXIST ? false : throw Refusal.Of(error, $"make directory {path}");
    }

    /// <summary>Removes a pin or an empty directory; what is not there needs no removal.</summary>
    internal static void Remove(string path, bool directory)
    {
        var result = directory ? LibC.RemoveDirectory(path) : LibC.Unlink(path);
        if (result != 0 && LibC.LastError is var error and not Errno.ENOENT)
        {
            throw Refusal.Of(error, $"remove {path}");
        }
    }
}
