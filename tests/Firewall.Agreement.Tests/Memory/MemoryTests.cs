using Firewall.Agreement.Tests.Engines;
using Firewall.Compiler.Engines;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Tests;
using Firewall.Kernel.TestRun;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Packets;

namespace Firewall.Agreement.Tests.Memory;

/// <summary>Programs with memory, on sequences of packets.</summary>
public sealed class MemoryTests
{
    private const ulong Boot = 1_700_000_000;

    /// <summary>By name: programs whose answers depend on time or chance, and those that the kernel can be asked about too.</summary>
    private static readonly Dictionary<string, (StepProgram[] Programs, bool IsTimeless)> Samples = new(StringComparer.Ordinal)
    {
        ["limit"] = ([SamplePrograms.Limit(burst: 3, perSecond: 5)], false),
        ["limits"] = ([SamplePrograms.Limit(3, 5), SamplePrograms.Limit(3, 5), SamplePrograms.Limit(2, 1)], false),
        ["nth"] = ([SamplePrograms.Nth(3), SamplePrograms.Nth(3), SamplePrograms.Nth(4)], true),
        ["chance"] = ([SamplePrograms.Chance, SamplePrograms.Chance], false),
        ["quota"] = ([SamplePrograms.Quota(500), SamplePrograms.Quota(900)], true),
        ["recent"] = ([SamplePrograms.Recent("recent:list", new Ticket(), capacity: 4)], true),
        ["recent by time"] = ([SamplePrograms.Recent("recent:list", new Now(ClockKind.Monotonic), 4)], false),
        ["shared list"] = ([SamplePrograms.Recent("a", new Ticket(), 4), SamplePrograms.Recent("b", new Ticket(), 3), SamplePrograms.Recent("a", new Ticket(), 4)], true),
        ["expiring"] = ([SamplePrograms.Expiring(jiffies: 100, capacity: 4)], false),
        ["forgetful"] = ([SamplePrograms.Forgetful(capacity: 3)], true),
        ["searching"] = ([SamplePrograms.Searching(capacity: 40)], true),
        ["arithmetic"] = ([.. SamplePrograms.Arithmetic.Where(p => p.Name != "clock")], true),
        ["clock"] = ([.. SamplePrograms.Arithmetic.Where(p => p.Name == "clock")], false),
    };

    public static TheoryData<string> Names() => [.. Samples.Keys];

    public static TheoryData<string> Timeless() => [.. Samples.Where(s => s.Value.IsTimeless).Select(s => s.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sequence_ends_alike_in_interpreter_and_virtual_machine(string name)
    {
        var rules = StepRules.Dropping(Family.IPv4, Samples[name].Programs);
        for (var seed = 1; seed <= 20; seed++)
        {
            var (ours, theirs) = (NewMemories(seed), NewMemories(seed));
            var interpreter = new Interpreter(rules, new PacketContext(), ours);
            var machine = new VmEngine(StepRules.Compile(rules), theirs);
            foreach (var (packet, moment) in Sequence(seed, 150))
            {
                (ours.Now, theirs.Now) = (moment, moment);
                var expected = interpreter.Judge(packet.Frame.AsMemory(), "eth0");
                Assert.Equal(expected, machine.Judge(packet.Frame.AsSpan()));
            }

            Assert.Equal(interpreter.ReadCounters().ToArray(), machine.ReadCounters().ToArray());
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Timeless))]
    public void A_sequence_ends_alike_in_interpreter_and_kernel(string name)
    {
        KernelRequired.Privileges();
        var rules = StepRules.Dropping(Family.IPv4, Samples[name].Programs);
        var interpreter = new Interpreter(rules, new PacketContext());
        using var kernel = new KernelEngine(StepRules.Compile(rules));
        foreach (var (packet, _) in Sequence(seed: 1, 150))
        {
            Assert.Equal(interpreter.Judge(packet.Frame.AsMemory(), "eth0"), kernel.Judge(packet.Frame.AsSpan(), "eth0"));
        }

        Assert.Equal(interpreter.ReadCounters().ToArray(), kernel.ReadCounters().ToArray());
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void The_kernel_takes_every_program(string name)
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(StepRules.Compile(StepRules.Dropping(Family.IPv4, Samples[name].Programs)).Object);
        XdpTestRun.Run(loaded.Entry, Packet.Udp(1, 2).Frame.AsSpan(), repeat: 100);
    }

    [SkippableTheory]
    [InlineData(300, 1)]
    [InlineData(1, 100)]
    [InlineData(300, 100)]
    public void The_kernel_takes_many_cells_and_tables(int limits, int tables)
    {
        KernelRequired.Privileges();
        IEnumerable<StepProgram> programs =
        [
            .. Enumerable.Range(0, limits).Select(i => SamplePrograms.Limit(burst: 1 + (i % 7), perSecond: 1)),
            .. Enumerable.Range(0, tables).Select(i => SamplePrograms.Recent($"recent:{i}", new Now(ClockKind.Jiffies), 100)),
        ];
        using var loaded = LoadedObject.Load(StepRules.Compile(StepRules.Dropping(Family.IPv4, programs)).Object);
        XdpTestRun.Run(loaded.Entry, Packet.Udp(1, 2).Frame.AsSpan());
    }

    [SkippableFact]
    public void Processors_that_count_at_once_lose_no_count()
    {
        const int Rounds = 200_000;
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(StepRules.Compile(StepRules.Dropping(Family.IPv4, [SamplePrograms.Nth(int.MaxValue)])).Object);
        var frame = Packet.Udp(1, 2).Frame.ToArray();
        var threads = Enumerable.Range(0, Math.Max(2, Math.Min(4, Environment.ProcessorCount))).Select(i => new Thread(() =>
        {
            using var only = ProcessorAffinity.To(i % Environment.ProcessorCount);
            XdpTestRun.Run(loaded.Entry, frame, Rounds);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var cell = loaded.Maps["cells"].Lookup(new byte[4])!;
        Assert.Equal((ulong)(Rounds * threads.Count), BitConverter.ToUInt64(cell));
    }

    [Fact]
    public void A_rule_has_one_cell_and_equal_programs_are_one_function()
    {
        var firewall = StepRules.Compile(StepRules.Dropping(Family.IPv4, Enumerable.Repeat(SamplePrograms.Limit(3, 5), 300)));
        Assert.Equal(300, firewall.Object.Map("cells").MaxEntries);
        Assert.Equal(Enumerable.Range(1, 300), firewall.Memory.Cells.Select(c => c.Rule.Number));
        Assert.Single(firewall.Object.Functions, f => f.Name.StartsWith("limit_", StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_keep_their_names_beside_those_of_their_maps()
    {
        var firewall = StepRules.Compile(StepRules.Dropping(Family.IPv4, SamplePrograms.Recent("recent:a list with a long name", 1, 4), SamplePrograms.Recent("recent:a list with another name", 1, 4)));
        Assert.Equal(["recent:a list with a long name", "recent:a list with another name"], firewall.Memory.Tables.Select(t => t.Table.Name));
        Assert.All(firewall.Memory.Tables, t => Assert.Equal(4, firewall.Object.Map(t.Map).MaxEntries));
    }

    private static Memories NewMemories(int seed)
    {
        var random = new System.Random(seed);
        return new Memories { Draw = () => (uint)random.NextInt64(1L << 32) };
    }

    /// <summary>Packets of a few senders, at times that are close together and far apart.</summary>
    private static IEnumerable<(Packet Packet, Moment At)> Sequence(int seed, int length)
    {
        var random = new System.Random(seed);
        var now = 5_000_000_000UL;
        for (var i = 0; i < length; i++)
        {
            now += (ulong)random.NextInt64(random.Next(4) == 0 ? 2_000_000_000 : 50_000_000);
            var packet = Packet.Udp((ushort)random.Next(65536), 53).From($"198.51.100.{random.Next(1, 9)}").WithPayload(new byte[random.Next(60)]);
            yield return (packet, Moment.At(now, Boot));
        }
    }
}
