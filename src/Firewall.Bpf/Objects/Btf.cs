using System.Collections.Immutable;

namespace Firewall.Bpf.Objects;

/// <summary>Type and line information as BPF_BTF_LOAD and BPF_PROG_LOAD take it.</summary>
/// <param name="Types">Raw BTF, for BPF_BTF_LOAD.</param>
/// <param name="FunctionInfo">One <c>struct bpf_func_info</c> (8 bytes) per function; offsets in slots.</param>
/// <param name="LineInfo">One <c>struct bpf_line_info</c> (16 bytes) per line entry; empty when nothing has an origin.</param>
public sealed record BtfBlob(ImmutableArray<byte> Types, ImmutableArray<byte> FunctionInfo, ImmutableArray<byte> LineInfo)
{
    public const int FunctionInfoSize = 8;
    public const int LineInfoSize = 16;
}

public static class Btf
{
    public static BtfBlob BuildForProgram(LinkedProgram program)
    {
        var btf = new BtfBuilder();
        var types = new FunctionTypes(btf, program.Type);
        var functions = new ByteWriter();
        foreach (var function in program.Functions)
        {
            functions.Int32(function.Start);
            functions.Int32(types.Function(function.Name, function.Kind, function.ScalarArguments));
        }

        var lines = new ByteWriter();
        foreach (var entry in program.Lines)
        {
            LineTable.Write(lines, btf, entry.Line, entry.Index);
        }

        return new BtfBlob([.. btf.ToArray()], [.. functions.ToArray()], [.. lines.ToArray()]);
    }
}
