using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Firewall.Kernel.Errors;

namespace Firewall.Kernel.Interop;

/// <summary>bpf(2), raw: no native library, hence no ceiling but the kernel's own.</summary>
internal static unsafe class BpfCall
{
    private static readonly nint SystemCallNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => 280,
        Architecture.S390x => 351,
        Architecture.Ppc64le => 361,
        var other => throw new PlatformNotSupportedException($"the number of bpf(2) on {other} is not known"),
    };

    /// <summary>One bpf(2) call. Non-negative results go to <paramref name="result"/>; a failure is returned, never thrown.</summary>
    public static Errno Try<T>(BpfCommand command, ref T attributes, out int result)
        where T : unmanaged
    {
        // A signal may interrupt BPF_PROG_LOAD (EAGAIN) and BPF_PROG_TEST_RUN (EINTR); both are to be asked again, as libbpf does.
        const int Attempts = 5;
        fixed (T* attribute = &attributes)
        {
            for (var attempt = 1; ; attempt++)
            {
                result = (int)LibC.SystemCall(SystemCallNumber, (nint)command, (nint)attribute, Unsafe.SizeOf<T>());
                if (result >= 0)
                {
                    return Errno.None;
                }

                var error = LibC.LastError;
                if (error is not (Errno.EAGAIN or Errno.EINTR) || attempt == Attempts)
                {
                    return error;
                }
            }
        }
    }

    public static Errno Try<T>(BpfCommand command, ref T attributes)
        where T : unmanaged => Try(command, ref attributes, out _);

    /// <summary>One bpf(2) call that must succeed. <paramref name="operation"/> follows "cannot" in the message.</summary>
    public static int Demand<T>(BpfCommand command, ref T attributes, string operation)
        where T : unmanaged
    {
        var error = Try(command, ref attributes, out var result);
        return error == Errno.None ? result : throw Refusal.Of(command, error, operation);
    }

    public static FileDescriptor Open<T>(BpfCommand command, ref T attributes, string operation)
        where T : unmanaged => new(Demand(command, ref attributes, operation));

    /// <summary>BPF_OBJ_GET_INFO_BY_FD: the kernel fills as much of the structure as it knows and leaves the rest zero.</summary>
    public static T Information<T>(FileDescriptor descriptor, string operation)
        where T : unmanaged
    {
        var information = default(T);
        using var loan = descriptor.Lend();
        var attributes = new ObjectInfoAttributes
        {
            Descriptor = loan.Number,
            Size = (uint)Unsafe.SizeOf<T>(),
            Info = (ulong)&information,
        };
        Demand(BpfCommand.ObjectGetInfo, ref attributes, operation);
        return information;
    }

    /// <summary>
    /// A name as the kernel takes it: letters, digits, dot and underscore, at most 15 bytes (bpf_obj_name_cpy in kernel/bpf/syscall.c).
    /// It only labels the object, so what does not fit is replaced or cut.
    /// </summary>
    public static ObjectName NameOf(string text)
    {
        var name = default(ObjectName);
        Span<byte> bytes = name;
        for (var i = 0; i < Math.Min(text.Length, ObjectName.Size - 1); i++)
        {
            bytes[i] = char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' or '.' ? (byte)text[i] : (byte)'_';
        }

        return name;
    }

    public static string TextOf(ReadOnlySpan<byte> name)
    {
        var end = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }
}
