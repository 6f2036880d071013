using Firewall.Kernel.Interop;
using Firewall.Kernel.Pins;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>
/// A bpffs that is mounted nowhere: made by fsopen(2) and fsmount(2) and reached through its descriptor, so that nobody else sees
/// it and it vanishes with us, whatever happens.
/// </summary>
internal sealed unsafe class PrivateBpffs : IDisposable
{
    private const int FsOpen = 430;
    private const int FsConfig = 431;
    private const int FsMount = 432;
    private const int CreateCommand = 6;

    private readonly FileDescriptor _mount;

    public PrivateBpffs()
    {
        fixed (byte* name = "bpf\0"u8)
        {
            using var context = Opened(LibC.SystemCall(FsOpen, (nint)name, 0, 0));
            using var loan = context.Lend();
            Assert.Equal(0, LibC.SystemCall(FsConfig, loan.Number, CreateCommand, 0, 0, 0));
            _mount = Opened(LibC.SystemCall(FsMount, loan.Number, 0, 0));
        }

        using var mount = _mount.Lend();
        Directory = $"/proc/self/fd/{mount.Number}";
    }

    public string Directory { get; }

    public PinRoot Root => new($"{Directory}/fwc");

    public void Dispose() => _mount.Dispose();

    private static FileDescriptor Opened(nint number) => number >= 0 ? new FileDescriptor((int)number) : throw Refusal.OfLast("make a private bpffs");
}
