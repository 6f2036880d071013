using System.Collections.Immutable;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Loading;

/// <summary>
/// The BTF of one program in the kernel (BPF_BTF_LOAD), with the records that tie it to the code: <c>struct bpf_func_info</c> and
/// <c>struct bpf_line_info</c> (Documentation/bpf/btf.rst). Without it the verifier takes neither callbacks nor global functions.
/// </summary>
internal sealed unsafe class TypeInformation(FileDescriptor descriptor, BtfBlob btf) : IDisposable
{
    public FileDescriptor Descriptor { get; } = descriptor;

    public ImmutableArray<byte> Functions => btf.FunctionInfo;

    public ImmutableArray<byte> Lines => btf.LineInfo;

    public uint FunctionCount => (uint)(Functions.Length / BtfBlob.FunctionInfoSize);

    public uint LineCount => (uint)(Lines.Length / BtfBlob.LineInfoSize);

    public static TypeInformation Load(LinkedProgram program)
    {
        var btf = Btf.BuildForProgram(program);
        return new TypeInformation(Load(btf.Types.AsSpan(), $"load the BTF of {program.Name}"), btf);
    }

    /// <summary>BPF_BTF_LOAD.</summary>
    public static FileDescriptor Load(ReadOnlySpan<byte> types, string operation)
    {
        fixed (byte* start = types)
        {
            var attributes = new BtfLoadAttributes { Btf = (ulong)start, Size = (uint)types.Length };
            return BpfCall.Open(BpfCommand.BtfLoad, ref attributes, operation);
        }
    }

    public void Dispose() => Descriptor.Dispose();
}
