using Firewall.Kernel.Interop;
using Firewall.Kernel.Types;

namespace Firewall.Kernel.Loading;

/// <summary>The BTF descriptors of the modules whose functions a program calls. Index 0 means the kernel proper.</summary>
internal sealed class ModuleDescriptors : IDisposable
{
    private readonly List<string> _names = [];
    private readonly List<FileDescriptor> _descriptors = [];

    /// <summary>As BPF_PROG_LOAD takes them; null when no module is called, for kernels before 5.14 know no such array.</summary>
    public int[]? Numbers => _descriptors.Count == 0 ? null : [0, .. _descriptors.Select(d => (int)d.DangerousGetHandle())];

    public short IndexOf(string module)
    {
        var index = _names.IndexOf(module);
        if (index < 0)
        {
            _descriptors.Add(ModuleTypes.Open(module));
            _names.Add(module);
            index = _names.Count - 1;
        }

        return (short)(index + 1);
    }

    public void Dispose() => _descriptors.ForEach(d => d.Dispose());
}
