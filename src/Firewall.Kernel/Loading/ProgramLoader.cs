using System.Runtime.InteropServices;
using System.Text;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Maps;
using Firewall.Kernel.Types;

namespace Firewall.Kernel.Loading;

/// <summary>BPF_BTF_LOAD and BPF_PROG_LOAD for one linked program.</summary>
internal sealed unsafe class ProgramLoader(LinkedProgram program, IReadOnlyDictionary<string, BpfMap> maps, LoadOptions options)
{
    private const uint XdpAttachType = 37;
    private const uint NetfilterAttachType = 45;

    /// <summary>BPF_F_XDP_HAS_FRAGS: frames larger than a page may come in pieces; without it jumbo interfaces refuse the program.</summary>
    private const uint HasFragments = 1 << 5;

    private const uint LogPaths = 1;
    private const uint LogStatistics = 4;
    private const int SmallLog = 1 << 16;
    private const int LargeLog = 1 << 24;
    private const int LargestLog = 1 << 28;

    private readonly string _operation = $"load program {program.Name}";

    public LoadedProgram Load()
    {
        using var modules = new ModuleDescriptors();
        var code = Relocated(modules);
        using var types = TypeInformation.Load(program);
        var error = Try(code, types, modules, options.Statistics ? LogStatistics : 0, SmallLog, out var number, out var log);
        if (error == Errno.EPERM && LockedMemory.Unlimit())
        {
            error = Try(code, types, modules, options.Statistics ? LogStatistics : 0, SmallLog, out number, out log);
        }

        if (error == Errno.ENOSPC && options.Statistics)
        {
            error = Try(code, types, modules, 0, 0, out number, out log);
        }

        return error == Errno.None
            ? LoadedProgram.Open(new FileDescriptor(number), VerifierStatistics.Find(log))
            : throw Explain(code, types, modules, error);
    }

    /// <summary>The code with the maps' descriptors and the kernel's numbers in their places.</summary>
    private byte[] Relocated(ModuleDescriptors modules)
    {
        var code = Instruction.Encode(program.Code.AsSpan());
        foreach (var reference in program.MapReferences)
        {
            if (!maps.TryGetValue(reference.MapName, out var map))
            {
                throw new InvalidOperationException($"{program.Name} uses map {reference.MapName}, which its object does not have");
            }

            using var loan = map.Descriptor.Lend();
            var number = loan.Number;
            MemoryMarshal.Write(code.AsSpan((reference.Index * Instruction.Size) + 4), in number);
        }

        foreach (var reference in program.KernelReferences)
        {
            var slot = code.AsSpan(reference.Index * Instruction.Size, Instruction.Size);
            Resolve(Instruction.Decode(slot), reference, modules).Encode(slot);
        }

        return code;
    }

    private static Instruction Resolve(Instruction slot, KernelReference reference, ModuleDescriptors modules)
    {
        if (reference.Function is { } function)
        {
            var symbol = KernelTypes.Current.FindFunction(function.Name) ?? throw new UnsupportedException(
                $"find the kernel function {function}", Errno.ENOENT, "the kernel is too old for it, or a module that has it is not loaded");
            return slot with { Immediate = symbol.Id, Offset = symbol.Module is { } module ? modules.IndexOf(module) : (short)0 };
        }

        var offset = KernelTypes.Current.OffsetOf(reference.Field!);
        return slot.IsAlu ? slot with { Immediate = offset } : slot with { Offset = checked((short)offset) };
    }

    /// <summary>Loads once more, this time with a log, and makes one readable exception of it.</summary>
    private KernelException Explain(byte[] code, TypeInformation types, ModuleDescriptors modules, Errno error)
    {
        if (error is Errno.EPERM or Errno.ENOSYS or Errno.ENOMEM)
        {
            return Refusal.Of(BpfCommand.ProgramLoad, error, _operation);
        }

        for (var size = LargeLog; ; size *= 4)
        {
            var again = Try(code, types, modules, LogPaths, size, out var number, out var log);
            if (again == Errno.None)
            {
                // It was a passing failure; but the caller has been told, and may load again.
                LibC.Close(number);
                return Refusal.Of(BpfCommand.ProgramLoad, error, _operation);
            }

            // Since Linux 6.4 a full buffer keeps the end of the log, which is what matters; before, the beginning.
            if (again == Errno.ENOSPC && VerifierStatistics.Find(log) is null && size < LargestLog)
            {
                continue;
            }

            if (log.Length == 0)
            {
                return Refusal.Of(BpfCommand.ProgramLoad, error, _operation);
            }

            var finding = VerifierLog.Read(log);
            return new VerifierException(program.Name, error, finding, SourceOf(finding.Instruction), log);
        }
    }

    private SourceLine? SourceOf(int? instruction)
    {
        var entry = instruction is { } index ? program.Lines.LastOrDefault(line => line.Index <= index) : null;
        return entry is null || entry.Line == SourceLine.None ? null : entry.Line;
    }

    private Errno Try(byte[] code, TypeInformation types, ModuleDescriptors modules, uint logLevel, int logSize, out int number, out string log)
    {
        var buffer = logLevel == 0 ? null : (byte*)NativeMemory.AllocZeroed((nuint)logSize);
        try
        {
            var license = Encoding.ASCII.GetBytes(program.License + '\0');
            fixed (byte* instructions = code, licence = license, functions = types.Functions.AsSpan(), lines = types.Lines.AsSpan())
            fixed (int* descriptors = modules.Numbers)
            {
                using var btf = types.Descriptor.Lend();
                var attributes = new ProgramLoadAttributes
                {
                    Type = (uint)program.Type,
                    InstructionCount = (uint)program.Code.Length,
                    Instructions = (ulong)instructions,
                    License = (ulong)licence,
                    LogLevel = logLevel,
                    LogSize = buffer is null ? 0 : (uint)logSize,
                    Log = (ulong)buffer,
                    Flags = program.Type == ProgramType.Xdp ? HasFragments : 0,
                    Name = BpfCall.NameOf(program.Name),
                    ExpectedAttachType = program.Type == ProgramType.Xdp ? XdpAttachType : NetfilterAttachType,
                    Btf = btf.Number,
                    FunctionRecordSize = BtfBlob.FunctionInfoSize,
                    Functions = (ulong)functions,
                    FunctionCount = types.FunctionCount,
                    LineRecordSize = BtfBlob.LineInfoSize,
                    Lines = (ulong)lines,
                    LineCount = types.LineCount,
                    Descriptors = (ulong)descriptors,
                };
                var error = BpfCall.Try(BpfCommand.ProgramLoad, ref attributes, out number);
                log = buffer is null ? "" : Marshal.PtrToStringUTF8((nint)buffer) ?? "";
                return error;
            }
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }
}
