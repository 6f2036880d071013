using System.Collections.Immutable;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>
/// Counting, in three global functions that the kernel verifies once. A rule that matches counts at once, unless the packet is <em>risky</em>
/// (it may yet be deferred, and a deferred packet moves no counter) or the rule's chain stays with the kernel: then the rule's number goes into a log, which is counted
/// together with the verdict.
/// </summary>
public sealed class Accounting(int counters, int reasons)
{
    /// <summary>Name of the map of rule and policy counters.</summary>
    public const string CountersMap = "counters";

    /// <summary>Name of the map of deferred frames by reason.</summary>
    public const string DeferredMap = "deferred";

    private const string CountFunction = "count";
    private const string CommitFunction = "commit";
    private const string CommitCallback = "commit_entry";

    /// <summary>Per-CPU, one entry per counted thing: u64 packets, u64 bytes.</summary>
    public MapSpec Counters { get; } = new(CountersMap, MapType.PerCpuArray, KeySize: 4, ValueSize: 16, Math.Max(1, counters));

    /// <summary>Per-CPU, one entry per reason for deferring: u64 packets, u64 bytes (of the frame).</summary>
    public MapSpec Deferred { get; } = new(DeferredMap, MapType.PerCpuArray, KeySize: 4, ValueSize: 16, reasons);

    public IEnumerable<MapSpec> Maps => [Counters, Deferred];

    /// <summary>Marks a rule's number in the log: the kernel counts for itself unless we drop the packet.</summary>
    private const int OnlyWhenDropped = 1 << 30;

    /// <summary>Counts a rule that matched and does not decide. Uses R0 to R5; R6 is the context.</summary>
    /// <param name="isOwned">Whether the rule's chain is ours; else the packet counts only if we drop it.</param>
    public static void EmitCount(Assembler asm, int counter, bool isOwned)
    {
        asm.Move(R1, R6);
        asm.Move(R2, isOwned ? counter : counter | OnlyWhenDropped);
        asm.Call(CountFunction);
    }

    /// <summary>
    /// Counts what decided (its number is in <see cref="Scratch.Rule"/>; negative for nothing) and the log. R0 is 0 when that was possible; else the log
    /// had overflowed, and the packet must be deferred.
    /// </summary>
    public static void EmitCommit(Assembler asm)
    {
        asm.Move(R1, R6);
        asm.Call(CommitFunction);
    }

    public ImmutableArray<BpfFunction> Build(int log) => [BuildCount(log), BuildCommit(), BuildCommitCallback(log)];

    /// <summary>count(ctx, counter)</summary>
    private BpfFunction BuildCount(int log)
    {
        var asm = new Assembler(CountFunction, FunctionKind.Global) { ScalarArguments = 1 };
        var (done, risky, full) = (asm.NewLabel("done"), asm.NewLabel("risky"), asm.NewLabel("full"));
        asm.Move(R7, R2);
        Scratch.EmitLookup(asm, done);
        asm.JumpIf(Condition.AnyBit, R7, OnlyWhenDropped, risky);
        asm.Load(Width.Word, R0, Scratch.Base, Scratch.Risky);
        asm.JumpIf(Condition.NotEqual, R0, 0, risky);
        EmitBump(asm, R7, done);
        asm.Jump(done);
        asm.Mark(risky);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.LogCount);
        asm.Move(R2, R1);
        asm.Alu(AluOp.Add, R2, 1);
        asm.Store(Width.Word, Scratch.Base, Scratch.LogCount, R2);
        asm.JumpIf(Condition.AboveOrEqual, R1, Scratch.LogCapacity, full);
        asm.Alu(AluOp.ShiftLeft, R1, 2);
        asm.Move(R2, Scratch.Base);
        asm.Alu(AluOp.Add, R2, R1);
        asm.Store(Width.Word, R2, (short)log, R7);
        asm.Jump(done);
        asm.Mark(full);
        asm.StoreImmediate(Width.Word, Scratch.Base, Scratch.LogCount, Scratch.LogCapacity + 1);
        asm.Mark(done);
        asm.Move(R0, 0);
        asm.Exit();
        return asm.Build();
    }

    /// <summary>commit(ctx)</summary>
    private BpfFunction BuildCommit()
    {
        var asm = new Assembler(CommitFunction, FunctionKind.Global);
        var (done, overflow, own) = (asm.NewLabel("done"), asm.NewLabel("overflow"), asm.NewLabel("own"));
        Scratch.EmitLookup(asm, overflow);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.LogCount);
        asm.JumpIf(Condition.Equal, R1, 0, own);
        asm.JumpIf(Condition.Above, R1, Scratch.LogCapacity, overflow);
        asm.LoadFunction(R2, CommitCallback);
        asm.Move(R3, 0);
        asm.Move(R4, 0);
        asm.CallHelper(HelperFunction.Loop);
        asm.Mark(own);
        asm.Load(Width.Word, R7, Scratch.Base, Scratch.Rule);
        EmitBump(asm, R7, done);
        asm.Mark(done);
        asm.Move(R0, 0);
        asm.Exit();
        asm.Mark(overflow);
        asm.Move(R0, 1);
        asm.Exit();
        return asm.Build();
    }

    /// <summary>Counts one entry of the log.</summary>
    private BpfFunction BuildCommitCallback(int log)
    {
        var asm = new Assembler(CommitCallback, FunctionKind.Callback);
        var (stop, counts, next) = (asm.NewLabel("stop"), asm.NewLabel("counts"), asm.NewLabel("next"));
        asm.Move(R7, R1);
        Scratch.EmitLookup(asm, stop);
        asm.JumpIf(Condition.AboveOrEqual, R7, Scratch.LogCapacity, stop);
        asm.Alu(AluOp.ShiftLeft, R7, 2);
        asm.Move(R1, Scratch.Base);
        asm.Alu(AluOp.Add, R1, R7);
        asm.Load(Width.Word, R7, R1, (short)log);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Verdict);
        asm.JumpIf(Condition.NotEqual, R1, Outcome.Accepted, counts);
        asm.JumpIf(Condition.AnyBit, R7, OnlyWhenDropped, next);
        asm.Mark(counts);
        asm.Alu(AluOp.And, R7, OnlyWhenDropped - 1);
        EmitBump(asm, R7, stop);
        asm.Mark(next);
        asm.Move(R0, 0);
        asm.Exit();
        asm.Mark(stop);
        asm.Move(R0, 1);
        asm.Exit();
        return asm.Build();
    }

    /// <summary>Adds the packet to a rule's counter; an index beyond the map (-1: nothing decided) adds nowhere.</summary>
    private void EmitBump(Assembler asm, Register counter, Label none)
    {
        MapAccess.EmitLookup(asm, Counters, counter);
        asm.JumpIf(Condition.Equal, R0, 0, none);
        EmitAdd(asm);
    }

    /// <summary>Adds one packet, and <see cref="Scratch.Bytes"/>, to the counter that R0 points at. Uses R1 and R2.</summary>
    private static void EmitAdd(Assembler asm)
    {
        asm.Load(Width.Double, R1, R0, 0);
        asm.Alu(AluOp.Add, R1, 1);
        asm.Store(Width.Double, R0, 0, R1);
        asm.Load(Width.Double, R1, R0, 8);
        asm.Load(Width.Double, R2, Scratch.Base, Scratch.Bytes);
        asm.Alu(AluOp.Add, R1, R2);
        asm.Store(Width.Double, R0, 8, R1);
    }

    /// <summary>Counts a packet that could not even be looked at, so without bytes.</summary>
    public void EmitCountBusy(Assembler asm)
    {
        var none = asm.NewLabel("no counter");
        MapAccess.EmitLookup(asm, Deferred, (int)Rules.Meaning.DeferReason.Busy);
        asm.JumpIf(Condition.Equal, R0, 0, none);
        asm.Move(R1, 1);
        asm.AtomicAdd(Width.Double, R0, 0, R1);
        asm.Mark(none);
    }

    /// <summary>Counts a deferred frame under the reason in <see cref="Scratch.Reason"/>, with the frame's length.</summary>
    public void EmitCountDeferred(Assembler asm)
    {
        var none = asm.NewLabel("no counter");
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.Reason);
        MapAccess.EmitLookup(asm, Deferred, R1);
        asm.JumpIf(Condition.Equal, R0, 0, none);
        asm.Load(Width.Word, R1, Scratch.Base, Scratch.LinearLength);
        asm.Store(Width.Double, Scratch.Base, Scratch.Bytes, R1);
        EmitAdd(asm);
        asm.Mark(none);
    }
}
