using System.Runtime.InteropServices;

namespace Firewall.Kernel.Interop;

/// <summary>A NUL-terminated UTF-8 string at a fixed address, for structures that hold pointers.</summary>
internal sealed class NativeText(string text) : IDisposable
{
    private nint _address = Marshal.StringToCoTaskMemUTF8(text);

    public ulong Address => (ulong)_address;

    public void Dispose()
    {
        Marshal.FreeCoTaskMem(_address);
        _address = 0;
    }
}
