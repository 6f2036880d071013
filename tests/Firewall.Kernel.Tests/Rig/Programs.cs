using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using Firewall.Kernel.TestRun;

namespace Firewall.Kernel.Tests.Rig;

/// <summary>Small objects to load.</summary>
internal static class Programs
{
    public static readonly SourceLine Line = new("rules.txt", 14, 1, "-A INPUT -p tcp --dport 22 -j DROP");

    private const int MapLookup = 1;
    private const int TailCall = 12;
    private const int Loop = 181;

    private static Register R0 => new(0);

    private static Register R1 => new(1);

    private static Register R2 => new(2);

    private static Register R3 => new(3);

    private static Register R10 => new(10);

    /// <summary>Returns that action for every frame.</summary>
    public static BpfObject Returning(XdpAction action, string name = "always") => new(name, [], [Function(name, asm =>
    {
        asm.Move(R0, (int)action);
        asm.Exit();
    })]);

    /// <summary>Drops every frame and counts it in the per-CPU array "hits" and in the array "total", which begins at 40.</summary>
    public static BpfObject Counting()
    {
        var hits = new MapSpec("hits", MapType.PerCpuArray, 4, 8, 1);
        var total = new MapSpec("total", MapType.Array, 4, 8, 1) { InitialEntries = [new([0, 0, 0, 0], [40, 0, 0, 0, 0, 0, 0, 0])] };
        return new("counting", [hits, total], [Function("counting", asm =>
        {
            var absent = asm.NewLabel("absent");
            foreach (var map in new[] { hits, total })
            {
                asm.StoreImmediate(Width.Word, R10, -4, 0);
                asm.Move(R2, R10);
                asm.Alu(AluOp.Add, R2, -4);
                asm.LoadMap(R1, map);
                asm.CallHelper(MapLookup);
                asm.JumpIf(Condition.Equal, R0, 0, absent);
                asm.Move(R1, 1);
                asm.AtomicAdd(Width.Double, R0, 0, R1);
            }

            asm.Mark(absent);
            asm.Move(R0, (int)XdpAction.Drop);
            asm.Exit();
        })]);
    }

    /// <summary>Returns the index of the interface as its action: reads ingress_ifindex of struct xdp_md.</summary>
    public static BpfObject ReturningInterface() => new("ingress", [], [Function("ingress", asm =>
    {
        asm.Load(Width.Word, R0, R1, 12);
        asm.Exit();
    })]);

    /// <summary>The program "first" calls "second" by way of a program array; "second" drops.</summary>
    public static BpfObject TailCalling()
    {
        var programs = new MapSpec("programs", MapType.ProgramArray, 4, 4, 1) { InitialPrograms = ["second"] };
        return new(
            "tail",
            [programs],
            [
                Function("first", asm =>
                {
                    asm.LoadMap(R2, programs);
                    asm.Move(R3, 0);
                    asm.CallHelper(TailCall);
                    asm.Move(R0, (int)XdpAction.Aborted);
                    asm.Exit();
                }),
                Function("second", asm =>
                {
                    asm.Move(R0, (int)XdpAction.Drop);
                    asm.Exit();
                }),
            ]);
    }

    /// <summary>Adds up 0 to 9 by bpf_loop in a map value that it reaches by address, and returns the sum: needs BTF of functions.</summary>
    public static BpfObject Looping()
    {
        var sum = new MapSpec("sum", MapType.Array, 4, 16, 1);
        var entry = Function("looping", asm =>
        {
            asm.Move(R1, 10);
            asm.LoadFunction(R2, "step");
            asm.Move(R3, 0);
            asm.Move(new Register(4), 0);
            asm.CallHelper(Loop);
            asm.LoadMapValue(R1, sum, 8);
            asm.Load(Width.Double, R0, R1, 0);
            asm.Exit();
        });
        var step = new Assembler("step", FunctionKind.Callback) { Origin = Line };
        step.LoadMapValue(R3, sum, 8);
        step.AtomicAdd(Width.Double, R3, 0, R1);
        step.Move(R0, 0);
        step.Exit();
        return new("looping", [sum], [entry, step.Build()]);
    }

    /// <summary>Reads the packet without having looked where it ends; the reading instruction is made for <see cref="Line"/>.</summary>
    public static BpfObject Careless() => new("careless", [], [Function("careless", asm =>
    {
        asm.Load(Width.Word, R2, R1, 0);
        asm.Origin = Line;
        asm.Load(Width.Byte, R0, R2, 23);
        asm.Origin = null;
        asm.Exit();
    })]);

    private static BpfFunction Function(string name, Action<Assembler> write)
    {
        var assembler = new Assembler(name, FunctionKind.Program);
        write(assembler);
        return assembler.Build();
    }
}
