using System.Runtime.InteropServices;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Probe;

/// <summary>A few instructions offered to the verifier to see what it says.</summary>
internal static unsafe class ProbeProgram
{
    private const uint NetfilterAttachType = 45;
    private const int LogSize = 1 << 16;

    public static Errno Load(ReadOnlySpan<Instruction> code, out string log, ProgramType type = ProgramType.Xdp)
    {
        var buffer = (byte*)NativeMemory.AllocZeroed(LogSize);
        try
        {
            fixed (byte* instructions = Instruction.Encode(code), license = "GPL\0"u8)
            {
                var attributes = new ProgramLoadAttributes
                {
                    Type = (uint)type,
                    ExpectedAttachType = type == ProgramType.Netfilter ? NetfilterAttachType : 0,
                    Instructions = (ulong)instructions,
                    InstructionCount = (uint)code.Length,
                    License = (ulong)license,
                    LogLevel = 1,
                    LogSize = LogSize,
                    Log = (ulong)buffer,
                };
                var error = BpfCall.Try(BpfCommand.ProgramLoad, ref attributes, out var number);
                log = Marshal.PtrToStringUTF8((nint)buffer) ?? "";
                if (error == Errno.None)
                {
                    LibC.Close(number);
                }

                return error;
            }
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }
}
