using Firewall.Bpf.Isa;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Objects;

public sealed class LinkTests
{
    private readonly LinkedProgram _linked = Samples.Full().Link("entry");

    [Fact]
    public void The_program_comes_first_and_then_what_it_reaches()
    {
        Assert.Equal(["entry", "classify", "round"], _linked.Functions.Select(f => f.Name));
        Assert.Equal(0, _linked.Functions[0].Start);
        Assert.Equal(1, _linked.Functions[1].ScalarArguments);
        Assert.Equal(_linked.Code.Length, _linked.Functions[2].Start + Samples.Full().Function("round").Code.Length);
    }

    [Fact]
    public void Calls_and_function_pointers_become_distances_from_the_next_slot()
    {
        Assert.Equal(Instruction.CallLocal(_linked.Functions[1].Start - 2), _linked.Code[1]);
        var pointer = _linked.Code[14];
        Assert.Equal((byte)WideSource.Function, pointer.Source.Number);
        Assert.Equal(_linked.Functions[2].Start - 15, pointer.Immediate);
    }

    [Fact]
    public void Maps_stay_references()
    {
        Assert.Equal(
            [new MapReference(3, "counters", ValueOffset: null), new MapReference(22, "table", 4)],
            _linked.MapReferences.ToArray());
        Assert.Equal((byte)WideSource.MapValue, _linked.Code[22].Source.Number);
        Assert.Equal(4, _linked.Code[23].Immediate);
    }

    [Fact]
    public void Every_function_begins_with_a_line()
    {
        var indices = _linked.Lines.Select(l => l.Index).ToList();
        Assert.All(_linked.Functions, f => Assert.Contains(f.Start, indices));
        Assert.Equal(indices.Order().Distinct(), indices);
    }

    [Fact]
    public void Without_any_origin_there_is_no_line_table()
    {
        var linked = Samples.TailCalling().Link("first");
        Assert.Empty(linked.Lines);
        Assert.Empty(Btf.BuildForProgram(linked).LineInfo);
    }

    [Fact]
    public void What_is_not_reached_is_left_out()
    {
        var unused = Samples.Function("unused", FunctionKind.Global, a => a.Exit());
        var source = Samples.Full();
        Assert.Equal(3, (source with { Functions = source.Functions.Add(unused) }).Link("entry").Functions.Length);
    }

    [Fact]
    public void Type_information_has_one_record_per_function_and_per_line()
    {
        var blob = Btf.BuildForProgram(_linked);
        Assert.Equal(_linked.Functions.Length * BtfBlob.FunctionInfoSize, blob.FunctionInfo.Length);
        Assert.Equal(_linked.Lines.Length * BtfBlob.LineInfoSize, blob.LineInfo.Length);
        Assert.Equal(0xeb9f, BitConverter.ToUInt16(blob.Types.AsSpan()));
    }

    [Fact]
    public void What_cannot_be_linked_is_an_error_that_names_it()
    {
        Assert.Contains("absent", Error(a => a.Call("absent")), StringComparison.Ordinal);
        Assert.Contains("absent", Error(a => a.LoadMap(R1, new MapSpec("absent", MapType.Array, 4, 4, 1))), StringComparison.Ordinal);
        Assert.Contains("tail calls", Error(a => a.Call("main")), StringComparison.Ordinal);
        Assert.Contains("no callback", Error(a => a.LoadFunction(R2, "main")), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Samples.Full().Link("classify"));
        Assert.Throws<ArgumentException>(() => Samples.Full().Link("absent"));
    }

    private static string Error(Action<Firewall.Bpf.Assembly.Assembler> write) => Assert.Throws<ArgumentException>(() => Samples.Program(a =>
    {
        write(a);
        a.Exit();
    }).Link("main")).Message;
}
