namespace Firewall.Kernel.Errors;

internal static class ErrnoExplanation
{
    /// <summary>The error in words and by name, as strerror(3) words it.</summary>
    public static string Explain(this Errno error) => error switch
    {
        Errno.EPERM => "operation not permitted (EPERM)",
        Errno.ENOENT => "no such file or entry (ENOENT)",
        Errno.E2BIG => "too big (E2BIG)",
        Errno.EBADF => "bad file descriptor (EBADF)",
        Errno.EAGAIN => "try again (EAGAIN)",
        Errno.ENOMEM => "out of memory (ENOMEM)",
        Errno.EACCES => "permission denied (EACCES)",
        Errno.EBUSY => "device or resource busy (EBUSY)",
        Errno.EEXIST => "it exists already (EEXIST)",
        Errno.ENODEV => "no such device (ENODEV)",
        Errno.EINVAL => "invalid argument (EINVAL)",
        Errno.ENOSPC => "no space left (ENOSPC)",
        Errno.ENOSYS => "not implemented by this kernel (ENOSYS)",
        Errno.ENOTEMPTY => "directory not empty (ENOTEMPTY)",
        Errno.ERANGE => "out of range (ERANGE)",
        Errno.EOPNOTSUPP => "operation not supported (EOPNOTSUPP)",
        Errno.ENOTSUPP => "operation not supported (ENOTSUPP)",
        Errno.ENETDOWN => "the interface is down (ENETDOWN)",
        _ when Enum.IsDefined(error) => error.ToString(),
        _ => $"error {(int)error}",
    };
}
