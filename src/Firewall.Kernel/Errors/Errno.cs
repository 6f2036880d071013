namespace Firewall.Kernel.Errors;

/// <summary>Error numbers of Linux as the kernel spells them (errno(3), include/uapi/asm-generic/errno*.h).</summary>
public enum Errno
{
    None = 0,
    EPERM = 1,
    ENOENT = 2,
    EINTR = 4,
    EIO = 5,
    E2BIG = 7,
    EBADF = 9,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    EBUSY = 16,
    EEXIST = 17,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    EMFILE = 24,
    ENOSPC = 28,
    ERANGE = 34,
    ENOSYS = 38,
    ENOTEMPTY = 39,
    EPROTONOSUPPORT = 93,
    EOPNOTSUPP = 95,
    EAFNOSUPPORT = 97,
    EADDRINUSE = 98,
    ENETDOWN = 100,
    ENOBUFS = 105,

    /// <summary>ENOTSUPP: internal to the kernel, yet some bpf(2) paths let it escape.</summary>
    ENOTSUPP = 524,
}
