using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using static Firewall.Bpf.Isa.Register;
using Label = Firewall.Bpf.Assembly.Label;

namespace Firewall.Compiler.CodeGeneration.Netfilter;

/// <summary>What the kernel's LOG target writes of a packet beside its bytes (net/netfilter/nf_log_syslog.c), into the <see cref="LogRecord"/> at R8.</summary>
internal sealed class HookLog(Assembler asm, Label defer)
{
    private const int Ethernet = 1;
    private const int EthernetHeader = 14;
    private const int NoLinkHeader = 0xFFFF;

    /// <summary>States of a TCP socket that is less than one (<c>sk_fullsock</c>): TIME_WAIT and NEW_SYN_RECV.</summary>
    private const int RequestStates = 1 << 6 | 1 << 12;

    private static readonly KernelField SocketState = KernelField.Number("sock", "__sk_common.skc_state", 1);
    private static readonly KernelField SocketNetwork = KernelField.Pointer("sock", "__sk_common.skc_net.net");
    private static readonly KernelField SocketOfProcess = KernelField.Pointer("sock", "sk_socket");
    private static readonly KernelField SocketFile = KernelField.Pointer("socket", "file");
    private static readonly KernelField FileCredentials = KernelField.Pointer("file", "f_cred");
    private static readonly KernelField User = KernelField.Number("cred", "fsuid.val", 4);
    private static readonly KernelField Group = KernelField.Number("cred", "fsgid.val", 4);

    /// <summary>Uses R0 to R5.</summary>
    /// <param name="asks">Where on the stack stands whether the rule asks for the owner.</param>
    public void Emit(short asks)
    {
        asm.StoreImmediate(Width.Word, R8, LogRecord.TraitsField, (int)LogTraits.AtHook);
        HookContext.EmitBuffer(asm, R1);
        asm.LoadKernelField(R1, R1, HookContext.Mark);
        asm.Store(Width.Word, R8, LogRecord.MarkField, R1);
        EmitDevice(HookContext.OutDevice, LogRecord.OutField, () => { });
        EmitDevice(HookContext.InDevice, LogRecord.InField, EmitLink);
        EmitOwner(asks);
    }

    /// <summary>The device's index, 0 without one; R2 is the device while <paramref name="then"/> goes on.</summary>
    private void EmitDevice(KernelField device, short place, Action then)
    {
        var none = asm.NewLabel("no device");
        asm.StoreImmediate(Width.Word, R8, place, 0);
        HookContext.EmitState(asm, R1);
        asm.LoadKernelField(R2, R1, device);
        asm.JumpIf(Condition.Equal, R2, 0, none);
        asm.LoadKernelField(R1, R2, HookContext.DeviceIndex);
        asm.Store(Width.Word, R8, place, R1);
        then();
        asm.Mark(none);
    }

    /// <summary>The kernel writes as many bytes of the link header as the device (R2) says; those of the copy are an Ethernet header.</summary>
    private void EmitLink()
    {
        var (isEthernet, none, done) = (asm.NewLabel("Ethernet"), asm.NewLabel("no link header"), asm.NewLabel("link"));
        asm.LoadKernelField(R1, R2, HookContext.DeviceType);
        asm.JumpIf(Condition.Equal, R1, Ethernet, isEthernet);
        asm.StoreImmediate(Width.Word, R8, LogRecord.TraitsField, (int)(LogTraits.AtHook | LogTraits.NotEthernet));
        asm.Mark(isEthernet);
        asm.LoadKernelField(R1, R2, HookContext.DeviceHeaderLength);
        asm.JumpIf(Condition.Equal, R1, 0, none);
        HookContext.EmitBuffer(asm, R3);
        asm.LoadKernelField(R4, R3, HookContext.MacHeader);
        asm.JumpIf(Condition.Equal, R4, NoLinkHeader, none);
        asm.LoadKernelField(R5, R3, HookContext.NetworkHeader);
        asm.JumpIf(Condition.Equal, R4, R5, none);
        asm.JumpIf(Condition.NotEqual, R1, EthernetHeader, defer);
        asm.Jump(done);
        asm.Mark(none);
        EmitTrait(LogTraits.NoLinkHeader);
        asm.Mark(done);
    }

    /// <summary>Who has the packet's socket open (<c>nf_log_dump_sk_uid_gid</c>). Sockets and files outlive the program, which runs in an RCU read section.</summary>
    private void EmitOwner(short asks)
    {
        var none = asm.NewLabel("no owner");
        asm.Load(Width.Double, R1, FramePointer, asks);
        asm.JumpIf(Condition.Equal, R1, 0, none);
        HookContext.EmitBuffer(asm, R1);
        asm.LoadKernelField(R2, R1, HookContext.Socket);
        asm.JumpIf(Condition.Equal, R2, 0, none);
        asm.LoadKernelField(R1, R2, SocketState);
        asm.Move(R3, 1);
        asm.Alu(AluOp.And, R1, 31);
        asm.Alu(AluOp.ShiftLeft, R3, R1);
        asm.JumpIf(Condition.AnyBit, R3, RequestStates, none);
        HookContext.EmitState(asm, R1);
        asm.LoadKernelField(R1, R1, HookContext.Network);
        asm.LoadKernelField(R3, R2, SocketNetwork);
        asm.JumpIf(Condition.NotEqual, R1, R3, none);
        foreach (var next in new[] { SocketOfProcess, SocketFile, FileCredentials })
        {
            asm.LoadKernelField(R2, R2, next);
            asm.JumpIf(Condition.Equal, R2, 0, none);
        }

        asm.LoadKernelField(R1, R2, User);
        asm.Store(Width.Word, R8, LogRecord.UserField, R1);
        asm.LoadKernelField(R1, R2, Group);
        asm.Store(Width.Word, R8, LogRecord.GroupField, R1);
        EmitTrait(LogTraits.HasOwner);
        asm.Mark(none);
    }

    private void EmitTrait(LogTraits trait)
    {
        asm.Load(Width.Word, R1, R8, LogRecord.TraitsField);
        asm.Alu(AluOp.Or, R1, (int)trait);
        asm.Store(Width.Word, R8, LogRecord.TraitsField, R1);
    }
}
