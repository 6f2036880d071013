using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using Firewall.Kernel.Loading;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Agreement.Tests;

/// <summary>Helpers of the virtual machine do as the kernel's.</summary>
public sealed class HelperAgreementTests
{
    private static readonly byte[] Frame = [.. Enumerable.Range(1, 60).Select(i => (byte)(i * 37))];

    [SkippableTheory]
    [InlineData(HelperFunction.XdpAdjustHead, new[] { -300, -257, -256, -217, -216, -100, -28, 0, 1, 28, 45, 46, 47, 100 })]
    [InlineData(HelperFunction.XdpAdjustTail, new[] { -100, -47, -46, -45, -1, 0, 1, 100, 400 })]
    public void Frames_grow_and_shrink_as_in_the_kernel(int helper, int[] offsets)
    {
        KernelRequired.Privileges();
        Assert.All(offsets, offset => Compare(asm =>
        {
            asm.Move(R2, offset);
            asm.CallHelper(helper);
        }));
    }

    [SkippableTheory]
    [InlineData(-100, 300)]
    [InlineData(40, -6)]
    [InlineData(-28, -30)]
    public void Head_and_tail_move_after_each_other(int head, int tail)
    {
        KernelRequired.Privileges();
        Compare(asm =>
        {
            asm.Move(R6, R1);
            asm.Move(R2, head);
            asm.CallHelper(HelperFunction.XdpAdjustHead);
            asm.Move(R1, R6);
            asm.Move(R2, tail);
            asm.CallHelper(HelperFunction.XdpAdjustTail);
        });
    }

    [SkippableTheory]
    [InlineData(0, 8, 0)]
    [InlineData(0, 16, 0x12345678)]
    [InlineData(8, 0, 0x7fff1234)]
    [InlineData(8, 8, 0)]
    [InlineData(16, 4, 77)]
    [InlineData(0, 0, 0x7fff8001)]
    public void Checksum_differences_are_the_kernels(int from, int to, int seed)
    {
        KernelRequired.Privileges();
        Compare(asm =>
        {
            for (short i = 0; i < 32; i += 4) { asm.StoreImmediate(Width.Word, FramePointer, (short)(i - 32), unchecked((int)0xf1e2d3c4) * (i + 3)); }
            asm.Move(R1, FramePointer);
            asm.Alu(AluOp.Add, R1, -32);
            asm.Move(R2, from);
            asm.Move(R3, FramePointer);
            asm.Alu(AluOp.Add, R3, -16);
            asm.Move(R4, to);
            asm.Move(R5, seed);
            asm.CallHelper(HelperFunction.CsumDiff);

            // Kernels before 6.13 do not fold.
            for (var i = 0; i < 2; i++)
            {
                asm.Move(R1, R0);
                asm.Alu(AluOp.ShiftRight, R1, 16);
                asm.Alu(AluOp.And, R0, 0xffff);
                asm.Alu(AluOp.Add, R0, R1);
            }
        });
    }

    private static void Compare(Action<Assembler> write)
    {
        var asm = new Assembler("main", FunctionKind.Program);
        write(asm);
        asm.Exit();
        var program = new BpfObject("helpers", [], [asm.Build()]);
        var machine = new VirtualMachine(program);
        var ours = machine.Run("main", Frame, default).ReturnValue;
        using var loaded = LoadedObject.Load(program);
        var theirs = XdpTestRun.Run(loaded.Entry, Frame, wantFrame: true);
        Assert.Equal(theirs.ReturnValue, (uint)ours);
        Assert.Equal(theirs.Frame.ToArray(), machine.Frame.ToArray());
    }
}
