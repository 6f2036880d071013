using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Probe;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Loading;

public sealed class LoadedObjectTests
{
    [SkippableFact]
    public void Programs_and_maps_are_found_by_name_and_the_maps_hold_their_initial_entries()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Counting());
        Assert.True(loaded.Maps["total"].TryLookup(0, out ulong total));
        Assert.Equal(40UL, total);
        Assert.Equal("counting", loaded.Programs["counting"].Name);
        Assert.Same(loaded.Entry, loaded.Programs["counting"]);
        Assert.NotEqual(0u, loaded.Entry.Id);
    }

    [SkippableFact]
    public void Program_arrays_are_filled_so_that_tail_calls_arrive()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.TailCalling());
        Assert.Equal(XdpAction.Drop, XdpTestRun.Run(loaded.Programs["first"], Frames.UdpTo(53)).Action);
    }

    [SkippableFact]
    public void Callbacks_and_addresses_of_map_values_are_resolved()
    {
        KernelRequired.Privileges();
        Skip.IfNot(KernelFeatures.Read().Loop.IsAvailable, "this kernel has no bpf_loop");
        using var loaded = LoadedObject.Load(Programs.Looping());
        Assert.Equal(45u, XdpTestRun.Run(loaded.Entry, Frames.UdpTo(53)).ReturnValue);
    }

    [SkippableFact]
    public void A_refusal_of_the_verifier_names_the_instruction_and_the_line_of_the_rule()
    {
        KernelRequired.Privileges();
        var refusal = Assert.Throws<VerifierException>(() => LoadedObject.Load(Programs.Careless()));
        Assert.Equal(1, refusal.Instruction);
        Assert.Equal(Programs.Line, refusal.Origin);
        Assert.StartsWith("invalid access to packet", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("rules.txt:14", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("processed ", refusal.Log, StringComparison.Ordinal);
        Assert.Equal(Errno.EACCES, refusal.Error);
    }

    [SkippableFact]
    public void A_refusal_without_walked_instructions_takes_the_place_from_the_reason()
    {
        KernelRequired.Privileges();
        Instruction[] unreachable = [Move(0), Instruction.Exit(), Move(1), Instruction.Exit()];
        var source = new BpfObject("dead", [], [new BpfFunction("dead", FunctionKind.Program, [.. unreachable], [], [])]);
        var refusal = Assert.Throws<VerifierException>(() => LoadedObject.Load(source));
        Assert.Equal(2, refusal.Instruction);
        Assert.Null(refusal.Origin);
        Assert.Equal("unreachable insn 2", refusal.Reason);
    }

    [SkippableFact]
    public void The_verifier_tells_what_its_work_cost_when_asked()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Counting(), new LoadOptions { Statistics = true });
        var statistics = loaded.Entry.Statistics;
        Assert.NotNull(statistics);
        Assert.InRange(statistics.Instructions, 10, 100);
        Assert.Equal(1_000_000, statistics.Limit);
        Assert.True(statistics.PeakStates > 0);
        Assert.NotEmpty(statistics.StackDepth);
    }

    [SkippableFact]
    public void A_map_the_kernel_cannot_make_is_named()
    {
        KernelRequired.Privileges();
        var source = new BpfObject("bad", [new MapSpec("wrong", MapType.Array, KeySize: 8, ValueSize: 8, MaxEntries: 1)], []);
        var refusal = Assert.Throws<UnsupportedException>(() => LoadedObject.Load(source));
        Assert.Contains("create map wrong", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EINVAL, refusal.Error);
    }

    private static Instruction Move(int value) => Instruction.Alu64(AluOp.Move, new Register(0), value);
}
