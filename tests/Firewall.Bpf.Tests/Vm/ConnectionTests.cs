using System.Buffers.Binary;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

/// <summary>The kernel functions about connections, as the machine plays them.</summary>
public sealed class ConnectionTests
{
    private const int Miss = -2, Invalid = -22, NoProtocol = -71;
    private static readonly KernelField Status = KernelField.Number("nf_conn", "status", 8);

    [Fact]
    public void A_connection_shows_its_status_and_the_direction()
    {
        var machine = new VirtualMachine(Asking(releases: true), new VmOptions { Connections = (tuple, protocol) =>
        {
            Assert.Equal((12, 6, 0x01020304u), (tuple.Length, (int)protocol, BinaryPrimitives.ReadUInt32LittleEndian(tuple)));
            return new VmConnection(IsReply: true, Status: 14);
        } });
        Assert.Equal(1014, machine.Run("main", [], default).ReturnValue);
        Assert.Equal(1014, machine.Run("main", [], default).ReturnValue);
    }

    [Theory]
    [InlineData(-1, 6, 12, Miss)]
    [InlineData(-1, 1, 12, NoProtocol)]
    [InlineData(0, 6, 12, Invalid)]
    [InlineData(-1, 17, 8, Invalid)]
    public void Without_one_there_is_a_reason(int space, int protocol, int size, int reason)
    {
        var machine = new VirtualMachine(Asking(releases: true, space, protocol, size), new VmOptions { Connections = (_, _) => null });
        Assert.Equal(reason, (int)machine.Run("main", [], default).ReturnValue);
    }

    [Fact]
    public void A_connection_that_is_kept_or_cannot_be_asked_for_is_a_fault()
    {
        var machine = new VirtualMachine(Asking(releases: false), new VmOptions { Connections = (_, _) => new VmConnection(IsReply: false, Status: 0) });
        machine.Run("main", [], default);
        Assert.Contains("released", Assert.Throws<VmFaultException>(() => machine.Run("main", [], default)).Message, StringComparison.Ordinal);
        Assert.Contains("not simulated", Assert.Throws<VmFaultException>(() => new VirtualMachine(Asking(releases: true)).Run("main", [], default)).Message, StringComparison.Ordinal);
    }

    /// <summary>Gives 1000 × direction + status, or the error.</summary>
    private static BpfObject Asking(bool releases, int space = -1, int protocol = 6, int size = 12)
    {
        var asm = new Assembler("main", FunctionKind.Program);
        var hit = asm.NewLabel("hit");
        asm.StoreImmediate(Width.Word, FramePointer, -16, 0x01020304);
        asm.StoreImmediate(Width.Double, FramePointer, -12, 0);
        asm.StoreImmediate(Width.Word, FramePointer, -32, space);
        asm.StoreImmediate(Width.Word, FramePointer, -28, 0);
        asm.StoreImmediate(Width.Word, FramePointer, -24, protocol);
        asm.Move(R2, FramePointer);
        asm.Alu(AluOp.Add, R2, -16);
        asm.Move(R3, size);
        asm.Move(R4, FramePointer);
        asm.Alu(AluOp.Add, R4, -32);
        asm.Move(R5, 12);
        asm.CallKernel(KernelFunction.XdpConnectionLookup);
        asm.JumpIf(Condition.NotEqual, R0, 0, hit);
        asm.Load(Width.Word, R0, FramePointer, -28);
        asm.Exit();
        asm.Mark(hit);
        asm.LoadKernelField(R6, R0, Status);
        asm.Load(Width.Byte, R7, FramePointer, -23);
        asm.Alu(AluOp.Multiply, R7, 1000);
        asm.Alu(AluOp.Add, R6, R7);
        if (releases)
        {
            asm.Move(R1, R0);
            asm.CallKernel(KernelFunction.ConnectionRelease);
        }

        asm.Move(R0, R6);
        asm.Exit();
        return new BpfObject("connections", [], [asm.Build()]);
    }
}
