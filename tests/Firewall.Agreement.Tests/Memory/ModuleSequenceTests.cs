using Firewall.Agreement.Tests.Engines;
using Firewall.Agreement.Tests.Generation;
using Firewall.Bpf.Isa;
using Firewall.Compiler;
using Firewall.Compiler.Engines;
using Firewall.Kernel.Tests;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;

namespace Firewall.Agreement.Tests.Memory;

/// <summary>The sequences in the files of modules with memory, in all engines; and what modules say they cannot know.</summary>
public sealed class ModuleSequenceTests
{
    private const ulong Start = 3_600_000_000_000;

    public static TheoryData<string, int> All(ExampleKind kind)
    {
        var rows = new TheoryData<string, int>();
        foreach (var module in MatchModules.All)
        {
            for (var i = 0; i < module.Examples.Length; i++)
            {
                if (module.Examples[i].Kind == kind && IsOfXdp(module.Examples[i])) { rows.Add(module.Name, i); }
            }
        }

        return rows;
    }

    /// <summary>What a hook may know of the surroundings, the program at XDP asks of the kernel; and it has no other chains.</summary>
    private static bool IsOfXdp(Example example) =>
        example is { Table: HostRules.Table, Chain: "INPUT" or "FORWARD", Surroundings.IsEmpty: true } && example.Reason != DeferReason.ConnectionState;

    [Theory]
    [MemberData(nameof(All), ExampleKind.Plays)]
    public void A_sequence_ends_as_it_says_in_interpreter_and_virtual_machine(string module, int index)
    {
        var example = Find(module, index);
        var rules = Bind(example);
        var (ours, theirs) = (new Memories(), new Memories());
        var interpreter = new Interpreter(rules, new PacketContext(), ours);
        var machine = new VmEngine(StepRules.Compile(rules), theirs);
        var time = Start;
        foreach (var turn in example.Turns)
        {
            time += (ulong)turn.After * 1_000_000;
            ours.Now = theirs.Now = Moment.At(time);
            var expected = interpreter.Judge(turn.Packet.Frame.AsMemory(), "eth0");
            Assert.Equal(turn.Hits ? DecisionKind.Drop : DecisionKind.Accept, expected.Kind);
            Assert.Equal(expected, machine.Judge(turn.Packet.Frame.AsSpan()));
        }

        Assert.Equal(interpreter.ReadCounters().ToArray(), machine.ReadCounters().ToArray());
    }

    /// <summary>The kernel has its own time: what depends on it need only load and run.</summary>
    [SkippableTheory]
    [MemberData(nameof(All), ExampleKind.Plays)]
    public void A_sequence_ends_as_it_says_in_the_kernel(string module, int index)
    {
        KernelRequired.Privileges();
        var example = Find(module, index);
        var firewall = StepRules.Compile(Bind(example));
        using var kernel = new KernelEngine(firewall);
        foreach (var turn in example.Turns)
        {
            var decision = kernel.Judge(turn.Packet.Frame.AsSpan(), "eth0");
            Assert.NotEqual(DecisionKind.Defer, decision.Kind);
            if (!DependsOnTimeOrChance(firewall)) { Assert.Equal(turn.Hits ? DecisionKind.Drop : DecisionKind.Accept, decision.Kind); }
        }
    }

    [Theory]
    [MemberData(nameof(All), ExampleKind.Defers)]
    public void What_is_not_known_is_deferred_by_interpreter_and_virtual_machine(string module, int index)
    {
        var example = Find(module, index);

        var rules = Bind(example);
        var expected = new Interpreter(rules, new PacketContext()).Judge(example.Packet!.Frame.AsMemory(), "eth0");
        Assert.Equal(Decision.Deferred(example.Reason!.Value), expected);
        Assert.Equal(expected, new VmEngine(StepRules.Compile(rules)).Judge(example.Packet!.Frame.AsSpan()));
    }

    private static bool DependsOnTimeOrChance(CompiledFirewall firewall) => firewall.Object.Functions.SelectMany(f => f.Code).Any(i => i.IsHelperCall
        && i.Immediate is HelperFunction.Jiffies64 or HelperFunction.KtimeGetNanoseconds or HelperFunction.KtimeGetTaiNanoseconds or HelperFunction.GetPrandomU32);

    private static Example Find(string module, int index) => MatchModules.All.First(m => m.Name == module && index < m.Examples.Length
        && m.Examples[index].Kind is ExampleKind.Plays or ExampleKind.Defers).Examples[index];

    /// <summary>One rule that drops what it matches, under a policy that accepts.</summary>
    private static HostRules Bind(Example example)
    {
        var hook = example.Forwarded ? Hook.Forward : Hook.Input;
        var rules = new GeneratedRules(example.Family, hook, "ACCEPT", [new GeneratedChain(hook.ChainName(), [new GeneratedRule([example.Text], "-j DROP")])]);
        var policy = rules.Bind().Policy!;
        return example.Family == Family.IPv4 ? HostRules.AtHook(hook, policy, null) : HostRules.AtHook(hook, null, policy);
    }
}
