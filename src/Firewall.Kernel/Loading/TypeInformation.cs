using Firewall.Bpf.Objects;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Loading;

/// <summary>
/// The BTF of one program in the kernel, with the records that tie it to the code: <c>struct bpf_func_info</c> and
/// <c>struct bpf_line_info</c> (Documentation/bpf/btf.rst). Without it the verifier takes neither callbacks nor global functions.
/// </summary>
internal sealed class TypeInformation : IDisposable
{
    private readonly FileDescriptor? _descriptor;

    private TypeInformation(FileDescriptor? descriptor, byte[] functions, byte[] lines)
    {
        _descriptor = descriptor;
        Functions = functions;
        Lines = lines;
    }

    public byte[] Functions { get; }

    public byte[] Lines { get; }

    public uint FunctionRecordSize => Functions.Length > 0 ? 8u : 0;

    public uint LineRecordSize => Lines.Length > 0 ? 16u : 0;

    public uint FunctionCount => (uint)Functions.Length / 8;

    public uint LineCount => (uint)Lines.Length / 16;

    public static TypeInformation Load(LinkedProgram program) => new(null, [], []);

    public Loan Lend() => new(_descriptor);

    public void Dispose() => _descriptor?.Dispose();

    /// <summary>The descriptor for the time of one call; 0 stands for none.</summary>
    internal readonly ref struct Loan(FileDescriptor? descriptor)
    {
        private readonly FileDescriptor? _descriptor = descriptor;

        public int Number
        {
            get
            {
                if (_descriptor is null)
                {
                    return 0;
                }

                using var loan = _descriptor.Lend();
                return loan.Number;
            }
        }

        public void Dispose() => GC.KeepAlive(_descriptor);
    }
}
