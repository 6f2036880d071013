using Microsoft.Win32.SafeHandles;

namespace Firewall.Kernel.Interop;

/// <summary>An open file descriptor, closed when disposed (or, at the latest, when collected).</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int number)
        : base(ownsHandle: true) => SetHandle(number);

    /// <summary>
    /// Lends the number to a system call: while the loan lasts nobody closes the descriptor, so the number cannot
    /// come to mean another file.
    /// </summary>
    public Loan Lend() => new(this);

    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;

    internal readonly ref struct Loan
    {
        private readonly FileDescriptor _owner;

        public Loan(FileDescriptor owner)
        {
            var lent = false;
            owner.DangerousAddRef(ref lent);
            _owner = owner;
        }

        public int Number => (int)_owner.handle;

        public void Dispose() => _owner.DangerousRelease();
    }
}
