using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Interop;

/// <summary>Turns the kernel's terse error numbers into exceptions that say what to do.</summary>
internal static class Refusal
{
    private const string Privileges =
        "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; inside a container these must be granted by the host";

    /// <summary>A failed bpf(2) call.</summary>
    public static KernelException Of(BpfCommand command, Errno error, string operation) => error switch
    {
        Errno.EPERM => new PrivilegeException(operation, error, Privileges),
        Errno.EACCES when command != BpfCommand.ProgramLoad => new PrivilegeException(operation, error, Privileges),
        Errno.ENOSYS => new UnsupportedException(operation, error, "this kernel was built without CONFIG_BPF_SYSCALL"),
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => new UnsupportedException(operation, error, "this kernel or driver does not support it"),
        Errno.ENOENT when command == BpfCommand.ObjectGet => new MissingException(operation, error, "nothing is pinned there"),
        Errno.ENOENT => new MissingException(operation, error, "it does not exist, or no longer does"),
        Errno.ENODEV => new MissingException(operation, error, "there is no such interface in this network namespace"),
        Errno.E2BIG when command == BpfCommand.ProgramLoad =>
            new KernelException(operation, error, "the program is larger than this kernel allows (1,000,000 instructions since Linux 5.2, 4,096 before)"),
        Errno.E2BIG when command == BpfCommand.MapCreate => new KernelException(operation, error, "the map is larger than the kernel allows"),
        Errno.E2BIG => new KernelException(operation, error, "the map is full, or this kernel is too old for the request"),
        Errno.EINVAL when command == BpfCommand.MapCreate =>
            new UnsupportedException(operation, error, "this kernel may be too old for this kind of map, or the sizes are invalid"),
        Errno.ENOMEM => new KernelException(operation, error, "free memory, or make the map smaller"),
        _ => new KernelException(operation, error),
    };

    /// <summary>A failed call of another kind (sockets, files, namespaces), explained from the last error.</summary>
    public static KernelException OfLast(string operation) => Of(LibC.LastError, operation);

    public static KernelException Of(Errno error, string operation) => error switch
    {
        Errno.EPERM or Errno.EACCES => new PrivilegeException(operation, error, Privileges),
        Errno.ENOENT or Errno.ENODEV => new MissingException(operation, error, "it does not exist in this network namespace"),
        Errno.EOPNOTSUPP or Errno.ENOSYS => new UnsupportedException(operation, error, "this kernel does not support it"),
        _ => new KernelException(operation, error),
    };
}
