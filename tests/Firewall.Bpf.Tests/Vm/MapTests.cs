using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Vm;

public sealed class MapTests
{
    private const int Any = 0;
    private const int OnlyNew = 1;
    private const int OnlyExisting = 2;

    [Theory]
    [InlineData(MapType.Array)]
    [InlineData(MapType.PerCpuArray)]
    public void An_array_answers_as_the_kernel(MapType type)
    {
        var machine = Machine(type);
        Assert.Equal(0, Update(machine, 3, 42, Any));
        Assert.Equal(42, Lookup(machine, 3));
        Assert.Equal(-1, Lookup(machine, 4));
        Assert.Equal(-7, Update(machine, 4, 1, Any));
        Assert.Equal(-17, Update(machine, 3, 1, OnlyNew));
        Assert.Equal(0, Update(machine, 3, 43, OnlyExisting));
        Assert.Equal(-22, Update(machine, 3, 1, 8));
        Assert.Equal(-22, Delete(machine, 3));
    }

    [Theory]
    [InlineData(MapType.Hash)]
    [InlineData(MapType.PerCpuHash)]
    public void A_hash_answers_as_the_kernel(MapType type)
    {
        var machine = Machine(type);
        Assert.Equal(-1, Lookup(machine, 100));
        Assert.Equal(-2, Update(machine, 100, 1, OnlyExisting));
        Assert.Equal(0, Update(machine, 100, 1, OnlyNew));
        Assert.Equal(-17, Update(machine, 100, 1, OnlyNew));
        Assert.Equal(0, Update(machine, 100, 2, OnlyExisting));
        Assert.Equal(2, Lookup(machine, 100));
        Assert.Equal(-22, Update(machine, 100, 2, 8));
        for (var key = 101; key < 104; key++)
        {
            Assert.Equal(0, Update(machine, key, key, Any));
        }

        Assert.Equal(-7, Update(machine, 104, 1, Any));
        Assert.Equal(0, Update(machine, 103, 7, Any));
        Assert.Equal(0, Delete(machine, 101));
        Assert.Equal(-2, Delete(machine, 101));
        Assert.Equal(0, Update(machine, 104, 5, Any));
        Assert.Equal(5, Lookup(machine, 104));
        Assert.Equal(-1, Lookup(machine, 101));
    }

    [Fact]
    public void A_hash_agrees_with_a_dictionary_over_many_changes()
    {
        var map = new VirtualMachine(Object(new MapSpec("m", MapType.Hash, 6, 4, 10_000))).Maps["m"];
        var model = new Dictionary<int, int>();
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var key = random.Next(3000);
            map.Write(Key(key), BitConverter.GetBytes(i));
            model[key] = i;
        }

        for (var key = 0; key < 3000; key++)
        {
            Assert.Equal(model.TryGetValue(key, out var value) ? BitConverter.GetBytes(value) : null, map.Read(Key(key)));
        }

        static byte[] Key(int key) => [.. BitConverter.GetBytes(key), 1, 2];
    }

    [Fact]
    public void The_host_sees_what_the_program_wrote_and_the_other_way_round()
    {
        var machine = Machine(MapType.PerCpuArray);
        Update(machine, 2, 9, Any);
        var map = machine.Maps["map"];
        Assert.Equal(9, map.Value(2)[0]);
        map.Value(1)[0] = 8;
        Assert.Equal(8, Lookup(machine, 1));
        map.Write(BitConverter.GetBytes(0), BitConverter.GetBytes(6L));
        Assert.Equal(6, Lookup(machine, 0));
        Assert.Equal(BitConverter.GetBytes(6L), map.Read(BitConverter.GetBytes(0)));
        map.Clear();
        Assert.Equal(0, Lookup(machine, 0));
    }

    [Fact]
    public void The_host_is_told_of_wrong_sizes_indices_and_full_maps()
    {
        var map = Machine(MapType.Hash).Maps["map"];
        Assert.Throws<ArgumentException>(() => map.Read(new byte[3]));
        Assert.Throws<ArgumentException>(() => map.Write(new byte[4], new byte[3]));
        Assert.Throws<NotSupportedException>(() => map.Value(0).Length);
        for (var i = 0; i < 4; i++)
        {
            map.Write(BitConverter.GetBytes(i), new byte[8]);
        }

        Assert.Throws<InvalidOperationException>(() => map.Write(BitConverter.GetBytes(4), new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Machine(MapType.Array).Maps["map"].Value(4).Length);
    }

    [Theory]
    [InlineData(MapType.Array)]
    [InlineData(MapType.Hash)]
    public void Initial_entries_are_there_from_the_start(MapType type)
    {
        var spec = new MapSpec("map", type, 4, 8, 4) { InitialEntries = [new MapEntry(Samples.Word(1), [9, 0, 0, 0, 0, 0, 0, 0])] };
        Assert.Equal(9, Lookup(new VirtualMachine(Object(spec)), 1));
    }

    [Fact]
    public void Running_off_a_value_faults_and_does_not_reach_the_next()
    {
        var machine = Machine(MapType.Array);
        machine.Maps["map"].Value(0)[0] = 1;
        var program = Samples.Function("over", FunctionKind.Program, a =>
        {
            a.StoreImmediate(Width.Word, FramePointer, -4, 1);
            a.LoadMap(R1, new MapSpec("map", MapType.Array, 4, 8, 4));
            a.Move(R2, FramePointer);
            a.Alu(AluOp.Add, R2, -4);
            a.CallHelper(HelperFunction.MapLookupElement);
            a.Load(Width.Double, R0, R0, 1);
            a.Exit();
        });
        var spec = new MapSpec("map", MapType.Array, 4, 8, 4);
        var fault = Assert.Throws<VmFaultException>(() => new VirtualMachine(new BpfObject("o", [spec], [program])).Run("over", [], default));
        Assert.Contains("map[1] byte 1 of 8", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_programs_may_only_read_faults_on_writes()
    {
        var spec = new MapSpec("map", MapType.Array, 4, 8, 1) { Flags = 1 << 7 };
        var program = Samples.Function("main", FunctionKind.Program, a =>
        {
            a.LoadMapValue(R1, spec, 0);
            a.StoreImmediate(Width.Word, R1, 0, 1);
            a.Exit();
        });
        var fault = Assert.Throws<VmFaultException>(() => new VirtualMachine(new BpfObject("o", [spec], [program])).Run("main", [], default));
        Assert.Contains("read-only", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_of_map_that_is_not_simulated_is_refused_at_construction() => Assert.Throws<NotSupportedException>(
        () => new VirtualMachine(Object(new MapSpec("m", MapType.DeviceMap, 4, 4, 1))));

    private static VirtualMachine Machine(MapType type) => new(Object(new MapSpec("map", type, 4, 8, 4)));

    /// <summary>One program per helper: key, value and flags are read from the packet.</summary>
    private static BpfObject Object(MapSpec spec) => new("o", [spec],
    [
        Caller("lookup", spec, HelperFunction.MapLookupElement),
        Caller("update", spec, HelperFunction.MapUpdateElement),
        Caller("delete", spec, HelperFunction.MapDeleteElement),
    ]);

    private static BpfFunction Caller(string name, MapSpec spec, int helper) => Samples.Function(name, FunctionKind.Program, a =>
    {
        a.Load(Width.Word, R2, R1, 0);
        a.Load(Width.Double, R4, R2, 16);
        a.Move(R3, R2);
        a.Alu(AluOp.Add, R3, 8);
        a.LoadMap(R1, spec);
        a.CallHelper(helper);
        if (helper == HelperFunction.MapLookupElement)
        {
            var found = a.NewLabel("found");
            a.JumpIf(Condition.NotEqual, R0, 0, found);
            a.Move(R0, -1);
            a.Exit();
            a.Mark(found);
            a.Load(Width.Double, R0, R0, 0);
        }

        a.Exit();
    });

    private static long Lookup(VirtualMachine machine, int key) => Call(machine, "lookup", key, 0, 0);

    private static long Update(VirtualMachine machine, int key, long value, long flags) => Call(machine, "update", key, value, flags);

    private static long Delete(VirtualMachine machine, int key) => Call(machine, "delete", key, 0, 0);

    private static long Call(VirtualMachine machine, string program, long key, long value, long flags) =>
        machine.Run(program, [.. BitConverter.GetBytes(key), .. BitConverter.GetBytes(value), .. BitConverter.GetBytes(flags)], default).ReturnValue;
}
