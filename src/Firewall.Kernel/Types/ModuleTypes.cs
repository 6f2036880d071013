using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;

namespace Firewall.Kernel.Types;

/// <summary>The BTF of a module as the kernel holds it: BPF_PROG_LOAD wants its descriptor to find functions of the module.</summary>
internal static unsafe class ModuleTypes
{
    public static FileDescriptor Open(string module)
    {
        var next = new IdentityAttributes();
        while (BpfCall.Try(BpfCommand.BtfGetNextId, ref next) == Errno.None)
        {
            var id = next.NextId;
            var attributes = new IdentityAttributes { Id = id };
            if (BpfCall.Try(BpfCommand.BtfGetById, ref attributes, out var number) == Errno.None)
            {
                var descriptor = new FileDescriptor(number);
                if (NameOf(descriptor) == module)
                {
                    return descriptor;
                }

                descriptor.Dispose();
            }

            next = new IdentityAttributes { Id = id };
        }

        throw new MissingException($"open the BTF of module {module}", Errno.ENOENT, "the module is not loaded");
    }

    private static string NameOf(FileDescriptor descriptor)
    {
        const int Longest = 64;
        var text = stackalloc byte[Longest];
        var information = new BtfInformation { Name = (ulong)text, NameLength = Longest };
        using var loan = descriptor.Lend();
        var attributes = new ObjectInfoAttributes { Descriptor = loan.Number, Size = (uint)sizeof(BtfInformation), Info = (ulong)&information };

        // A name that is longer than the room is none that we look for.
        return BpfCall.Try(BpfCommand.ObjectGetInfo, ref attributes) == Errno.None
            ? BpfCall.TextOf(new ReadOnlySpan<byte>(text, Longest))
            : "";
    }
}
