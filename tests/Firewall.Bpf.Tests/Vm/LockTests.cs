using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

/// <summary>Spin locks, and the walk over a hash.</summary>
public sealed class LockTests
{
    private static readonly MapSpec Locked = new("locked", MapType.Array, KeySize: 4, ValueSize: 16, MaxEntries: 2) { Lock = 8 };
    private static readonly MapSpec Hash = new("hash", MapType.Hash, KeySize: 8, ValueSize: 8, MaxEntries: 8)
    {
        InitialEntries = [.. Enumerable.Range(1, 5).Select(i => new MapEntry([(byte)i, 0, 0, 0, 0, 0, 0, 0], [(byte)(10 * i), 0, 0, 0, 0, 0, 0, 0]))],
    };

    [Fact]
    public void A_lock_is_taken_and_given_back() => Run(a =>
    {
        Lock(a, 8, HelperFunction.SpinLock);
        a.StoreImmediate(Width.Double, R6, 0, 5);
        Lock(a, 8, HelperFunction.SpinUnlock);
    });

    [Theory]
    [InlineData("twice")]
    [InlineData("never given back")]
    [InlineData("never taken")]
    [InlineData("elsewhere")]
    [InlineData("calls")]
    public void What_the_verifier_refuses_about_locks_faults(string what) => Assert.Throws<VmFaultException>(() => Run(a =>
    {
        if (what != "never taken") { Lock(a, what == "elsewhere" ? 0 : 8, HelperFunction.SpinLock); }
        switch (what)
        {
            case "twice":
                Lock(a, 8, HelperFunction.SpinLock);
                break;
            case "calls":
                a.CallHelper(HelperFunction.Jiffies64);
                break;
        }

        if (what != "never given back") { Lock(a, 8, HelperFunction.SpinUnlock); }
    }));

    [Fact]
    public void A_walk_visits_every_entry_and_may_delete_it()
    {
        var main = Samples.Function("main", FunctionKind.Program, a =>
        {
            a.StoreImmediate(Width.Double, FramePointer, -8, 0);
            a.LoadMap(R1, Hash);
            a.LoadFunction(R2, "visit");
            a.Move(R3, FramePointer);
            a.Alu(AluOp.Add, R3, -8);
            a.Move(R4, 0);
            a.CallHelper(HelperFunction.ForEachMapElement);
            a.Load(Width.Double, R1, FramePointer, -8);
            a.Alu(AluOp.ShiftLeft, R0, 16);
            a.Alu(AluOp.Add, R0, R1);
            a.Exit();
        });
        var visit = Samples.Function("visit", FunctionKind.Visitor, a =>
        {
            var stays = a.NewLabel("stays");
            a.Load(Width.Double, R0, R3, 0);
            a.Load(Width.Double, R5, R4, 0);
            a.Alu(AluOp.Add, R5, R0);
            a.Store(Width.Double, R4, 0, R5);
            a.Load(Width.Double, R0, R2, 0);
            a.Alu(AluOp.And, R0, 1);
            a.JumpIf(Condition.Equal, R0, 0, stays);
            a.CallHelper(HelperFunction.MapDeleteElement);
            a.Mark(stays);
            a.Move(R0, 0);
            a.Exit();
        });
        var machine = new VirtualMachine(new BpfObject("walk", [Hash], [main, visit]));
        Assert.Equal((5 << 16) + 150, machine.Run("main", new byte[64], default).ReturnValue);
        Assert.Equal((2 << 16) + 60, machine.Run("main", new byte[64], default).ReturnValue);
    }

    private static void Run(Action<Assembler> write)
    {
        var main = Samples.Function("main", FunctionKind.Program, a =>
        {
            var found = a.NewLabel("found");
            a.StoreImmediate(Width.Word, FramePointer, -4, 1);
            a.LoadMap(R1, Locked);
            a.Move(R2, FramePointer);
            a.Alu(AluOp.Add, R2, -4);
            a.CallHelper(HelperFunction.MapLookupElement);
            a.JumpIf(Condition.NotEqual, R0, 0, found);
            a.Exit();
            a.Mark(found);
            a.Move(R6, R0);
            write(a);
            a.Move(R0, 0);
            a.Exit();
        });
        new VirtualMachine(new BpfObject("locks", [Locked], [main])).Run("main", new byte[64], default);
    }

    private static void Lock(Assembler asm, int offset, int helper)
    {
        asm.Move(R1, R6);
        asm.Alu(AluOp.Add, R1, offset);
        asm.CallHelper(helper);
    }
}
