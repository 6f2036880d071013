using System.Buffers.Binary;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Loading;

/// <summary>A program in the kernel, held by its descriptor.</summary>
public sealed class LoadedProgram : IDisposable
{
    private LoadedProgram(FileDescriptor descriptor, ProgramInformation info, VerifierStatistics? statistics)
    {
        Descriptor = descriptor;
        Id = info.Id;
        Name = BpfCall.TextOf(info.Name);
        Tag = BinaryPrimitives.ReverseEndianness(info.Tag).ToString("x16");
        JitedSize = (int)info.JitedSize;
        TranslatedSize = (int)info.TranslatedSize;
        Statistics = statistics;
    }

    /// <summary>The kernel's number for this program, as bpftool and ip show it.</summary>
    public uint Id { get; }

    /// <summary>As the kernel keeps it: at most 15 characters.</summary>
    public string Name { get; }

    /// <summary>Hash of the instructions, as bpftool and ip show it.</summary>
    public string Tag { get; }

    /// <summary>Bytes of machine code; zero when the JIT is off or the kernel keeps it to itself.</summary>
    public int JitedSize { get; }

    /// <summary>Bytes of eBPF after the verifier's rewriting.</summary>
    public int TranslatedSize { get; }

    /// <summary>Present when asked for by <see cref="LoadOptions.Statistics"/> and known to the kernel.</summary>
    public VerifierStatistics? Statistics { get; }

    internal FileDescriptor Descriptor { get; }

    /// <summary>The program with that number, BPF_PROG_GET_FD_BY_ID.</summary>
    public static LoadedProgram OpenById(uint id)
    {
        var attributes = new IdentityAttributes { Id = id };
        return Open(BpfCall.Open(BpfCommand.ProgramGetById, ref attributes, $"open program {id}"));
    }

    public void Dispose() => Descriptor.Dispose();

    public override string ToString() => $"program {Name} (id {Id})";

    /// <summary>Takes the descriptor over and asks the kernel what it stands for.</summary>
    internal static LoadedProgram Open(FileDescriptor descriptor, VerifierStatistics? statistics = null) =>
        new(descriptor, BpfCall.Information<ProgramInformation>(descriptor, "describe a program"), statistics);
}
