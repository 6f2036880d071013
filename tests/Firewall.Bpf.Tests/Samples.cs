using System.Collections.Immutable;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests;

/// <summary>Objects that use everything a real one does.</summary>
internal static class Samples
{
    public const int Pass = 2;

    public static BpfObject Of(params BpfFunction[] functions) => new("sample", [], [.. functions]);

    /// <summary>A program of one function that needs no maps.</summary>
    public static BpfObject Program(Action<Assembler> write) => Of(Function("main", FunctionKind.Program, write));

    public static BpfFunction Function(string name, FunctionKind kind, Action<Assembler> write, int scalars = 0)
    {
        var assembler = new Assembler(name, kind) { ScalarArguments = scalars };
        write(assembler);
        return assembler.Build();
    }

    public static ImmutableArray<byte> Word(int value) => [.. BitConverter.GetBytes(value)];

    /// <summary>
    /// Looks up a counter by the result of a global function, adds one for each of ten rounds of a loop that reaches its
    /// locals through a stack pointer, adds a constant from a table addressed directly, and returns the sum.
    /// </summary>
    public static BpfObject Full()
    {
        var counters = new MapSpec("counters", MapType.Array, 4, 8, 16);
        var table = new MapSpec("table", MapType.Array, 4, 8, 1)
        {
            Flags = 1 << 7,
            InitialEntries = [new MapEntry(Word(0), [7, 0, 0, 0, 9, 0, 0, 0])],
        };
        var main = Function("entry", FunctionKind.Program, a =>
        {
            var found = a.NewLabel("found");
            a.Origin = new SourceLine("rules.txt", 3, 5, "-A INPUT -j ACCEPT");
            a.Move(R2, 2);
            a.Call("classify");
            a.Store(Width.Word, FramePointer, -4, R0);
            a.Origin = new SourceLine("rules.txt", 4, 1, "-A INPUT -j DROP");
            a.LoadMap(R1, counters);
            a.Move(R2, FramePointer);
            a.Alu(AluOp.Add, R2, -4);
            a.CallHelper(HelperFunction.MapLookupElement);
            a.JumpIf(Condition.NotEqual, R0, 0, found);
            a.Origin = null;
            a.Move(R0, 0);
            a.Exit();
            a.Mark(found);
            a.Move(R6, R0);
            a.StoreImmediate(Width.Double, FramePointer, -16, 0);
            a.Move(R1, 10);
            a.LoadFunction(R2, "round");
            a.Move(R3, FramePointer);
            a.Alu(AluOp.Add, R3, -16);
            a.Move(R4, 0);
            a.CallHelper(HelperFunction.Loop);
            a.Load(Width.Double, R1, FramePointer, -16);
            a.AtomicAdd(Width.Double, R6, 0, R1);
            a.LoadMapValue(R2, table, 4);
            a.Load(Width.Word, R0, R2, 0);
            a.Alu(AluOp.Add, R0, R1);
            a.Exit();
        });
        var classify = Function("classify", FunctionKind.Global, a =>
        {
            a.Origin = new SourceLine("rules.txt", 2, 1, ":INPUT ACCEPT [0:0]");
            a.Load(Width.Word, R1, R1, 12);
            a.Move(R0, R2);
            a.Alu(AluOp.And, R0, 7);
            a.Exit();
        }, scalars: 1);
        var round = Function("round", FunctionKind.Callback, a =>
        {
            a.Load(Width.Double, R1, R2, 0);
            a.Alu(AluOp.Add, R1, 1);
            a.Store(Width.Double, R2, 0, R1);
            a.Move(R0, 0);
            a.Exit();
        });
        return new BpfObject("full", [counters, table], [main, classify, round]);
    }

    /// <summary>The first program calls the second by tail call; it returns 1, and 0 when there is nothing to call.</summary>
    public static BpfObject TailCalling()
    {
        var programs = new MapSpec("programs", MapType.ProgramArray, 4, 4, 4) { InitialPrograms = ["first", "second"] };
        var first = Function("first", FunctionKind.Program, a =>
        {
            a.LoadMap(R2, programs);
            a.Move(R3, 1);
            a.CallHelper(HelperFunction.TailCall);
            a.Move(R0, 0);
            a.Exit();
        });
        var second = Function("second", FunctionKind.Program, a =>
        {
            a.Move(R0, 1);
            a.Exit();
        });
        return new BpfObject("tails", [programs], [first, second]);
    }

    /// <summary>Looks a connection up that is not there, would read a field of it and give it back, and returns 2.</summary>
    public static BpfObject AskingTheKernel() => new("asking", [], [Function("asking", FunctionKind.Program, a =>
    {
        var none = a.NewLabel("none");
        for (short at = -32; at < 0; at += 8)
        {
            a.StoreImmediate(Width.Double, FramePointer, at, 0);
        }

        // struct bpf_ct_opts at -16: this network namespace (-1), UDP. A tuple of zeros at -32.
        a.StoreImmediate(Width.Word, FramePointer, -16, -1);
        a.StoreImmediate(Width.Byte, FramePointer, -8, 17);
        a.Move(R2, FramePointer);
        a.Alu(AluOp.Add, R2, -32);
        a.Move(R3, 12);
        a.Move(R4, FramePointer);
        a.Alu(AluOp.Add, R4, -16);
        a.Move(new Register(5), 12);
        a.CallKernel(KernelFunction.XdpConnectionLookup);
        a.MoveKernelOffset(new Register(7), KernelField.Number("sk_buff", "mark", 4));
        a.JumpIf(Condition.Equal, R0, 0, none);
        a.LoadKernelField(new Register(7), R0, KernelField.Number("nf_conn", "status", 8));
        a.Move(R1, R0);
        a.CallKernel(KernelFunction.ConnectionRelease);
        a.Mark(none);
        a.Move(R0, 2);
        a.Exit();
    })]);

    /// <summary>Adds one to a word of an array and to one of a hash, each under its lock, and counts the entries of the hash by a walk; returns the sum of the three.</summary>
    public static BpfObject Locking()
    {
        var array = new MapSpec("array", MapType.Array, 4, 16, 1) { Lock = 8 };
        var hash = new MapSpec("hash", MapType.Hash, 16, 16, 4) { Lock = 8 };
        var main = Function("entry", FunctionKind.Program, a =>
        {
            var none = a.NewLabel("none");
            a.StoreImmediate(Width.Double, FramePointer, -8, 0);
            a.StoreImmediate(Width.Double, FramePointer, -16, 0);
            a.StoreImmediate(Width.Double, FramePointer, -24, 0);
            a.StoreImmediate(Width.Double, FramePointer, -32, 0);
            a.LoadMap(R1, hash);
            a.Move(R2, FramePointer);
            a.Alu(AluOp.Add, R2, -16);
            a.Move(R3, FramePointer);
            a.Alu(AluOp.Add, R3, -32);
            a.Move(R4, 0);
            a.CallHelper(HelperFunction.MapUpdateElement);
            a.Move(R7, 0);
            foreach (var map in (MapSpec[])[array, hash])
            {
                a.LoadMap(R1, map);
                a.Move(R2, FramePointer);
                a.Alu(AluOp.Add, R2, -16);
                a.CallHelper(HelperFunction.MapLookupElement);
                a.JumpIf(Condition.Equal, R0, 0, none);
                a.Move(R6, R0);
                a.Move(R1, R6);
                a.Alu(AluOp.Add, R1, 8);
                a.CallHelper(HelperFunction.SpinLock);
                a.Load(Width.Double, R8, R6, 0);
                a.Alu(AluOp.Add, R8, 1);
                a.Store(Width.Double, R6, 0, R8);
                a.Move(R1, R6);
                a.Alu(AluOp.Add, R1, 8);
                a.CallHelper(HelperFunction.SpinUnlock);
                a.Alu(AluOp.Add, R7, R8);
            }

            a.LoadMap(R1, hash);
            a.LoadFunction(R2, "visit");
            a.Move(R3, FramePointer);
            a.Move(R4, 0);
            a.CallHelper(HelperFunction.ForEachMapElement);
            a.Alu(AluOp.Add, R0, R7);
            a.Exit();
            a.Mark(none);
            a.Move(R0, 0);
            a.Exit();
        });
        var visit = Function("visit", FunctionKind.Visitor, a =>
        {
            a.Move(R0, 0);
            a.Exit();
        });
        return new BpfObject("locks", [array, hash], [main, visit]);
    }
}
