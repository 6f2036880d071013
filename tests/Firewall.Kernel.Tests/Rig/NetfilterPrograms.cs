using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>Small netfilter objects to load.</summary>
internal static class NetfilterPrograms
{
    public const int Drop = 0;
    public const int Accept = 1;

    /// <summary>Gives every packet that verdict, and counts it in the array "total".</summary>
    public static BpfObject Counting(int verdict)
    {
        var total = new MapSpec("total", MapType.Array, 4, 8, 1);
        return Object("counting", [total], asm =>
        {
            asm.LoadMapValue(Register.R1, total, 0);
            asm.Move(Register.R2, 1);
            asm.AtomicAdd(Width.Double, Register.R1, 0, Register.R2);
            asm.Move(Register.R0, verdict);
            asm.Exit();
        });
    }

    /// <summary>
    /// Accepts every packet, and leaves in the array "seen" of the last: skb->len at 0, skb->mark at 4, index and name of the input device at 8
    /// and 16, the conntrack word at 32, the status of the connection at 40, and the first 20 bytes of the packet at 48.
    /// </summary>
    public static BpfObject Looking()
    {
        var seen = new MapSpec("seen", MapType.Array, 4, 72, 1);
        return Object("looking", [seen], asm =>
        {
            var (context, buffer, value, scratch) = (Register.R6, Register.R7, Register.R8, Register.R9);
            var (noConnection, out_) = (asm.NewLabel("no connection"), asm.NewLabel("out"));
            asm.Move(context, Register.R1);
            asm.LoadMapValue(value, seen, 0);
            asm.LoadKernelField(buffer, context, KernelField.Pointer("bpf_nf_ctx", "skb"));
            Copy(KernelField.Number("sk_buff", "len", 4), buffer, 0);
            Copy(KernelField.Number("sk_buff", "mark", 4), buffer, 4);

            asm.LoadKernelField(scratch, context, KernelField.Pointer("bpf_nf_ctx", "state"));
            asm.LoadKernelField(scratch, scratch, KernelField.Pointer("nf_hook_state", "in"));
            Copy(KernelField.Number("net_device", "ifindex", 4), scratch, 8);
            Probe(scratch, KernelField.Text("net_device", "name", 16), 16);

            asm.LoadKernelField(scratch, buffer, KernelField.Number("sk_buff", "_nfct", 8));
            asm.Store(Width.Double, value, 32, scratch);
            asm.Alu(AluOp.And, scratch, ~7);
            asm.JumpIf(Condition.Equal, scratch, 0, noConnection);
            Probe(scratch, KernelField.Number("nf_conn", "status", 8), 40);
            asm.Mark(noConnection);

            asm.Move(Register.R1, buffer);
            asm.Move(Register.R2, 0);
            asm.Move(Register.R3, Register.FramePointer);
            asm.Alu(AluOp.Add, Register.R3, -16);
            asm.CallKernel(KernelFunction.DynptrFromSocketBuffer);
            asm.JumpIf(Condition.NotEqual, Register.R0, 0, out_);
            asm.Move(Register.R1, value);
            asm.Alu(AluOp.Add, Register.R1, 48);
            asm.Move(Register.R2, 20);
            asm.Move(Register.R3, Register.FramePointer);
            asm.Alu(AluOp.Add, Register.R3, -16);
            asm.Move(Register.R4, 0);
            asm.Move(Register.R5, 0);
            asm.CallHelper(HelperFunction.DynptrRead);
            asm.Mark(out_);
            asm.Move(Register.R0, Accept);
            asm.Exit();

            void Copy(KernelField field, Register from, short to)
            {
                asm.LoadKernelField(Register.R1, from, field);
                asm.Store(field.Width, value, to, Register.R1);
            }

            void Probe(Register from, KernelField field, int to)
            {
                asm.MoveKernelOffset(Register.R3, field);
                asm.Alu(AluOp.Add, Register.R3, from);
                asm.Move(Register.R1, value);
                asm.Alu(AluOp.Add, Register.R1, to);
                asm.Move(Register.R2, field.Size);
                asm.CallHelper(HelperFunction.ProbeReadKernel);
            }
        });
    }

    private static BpfObject Object(string name, MapSpec[] maps, Action<Assembler> write)
    {
        var assembler = new Assembler(name, FunctionKind.Program);
        write(assembler);
        return new(name, [.. maps], [assembler.Build()]) { Type = ProgramType.Netfilter };
    }
}
