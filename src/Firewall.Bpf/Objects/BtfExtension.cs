using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>The section .BTF.ext: function and line information per code section, offsets in bytes (Documentation/bpf/btf.rst).</summary>
internal static class BtfExtension
{
    private const ushort Magic = 0xeb9f;
    private const int HeaderSize = 24;

    public static byte[] Write(IReadOnlyList<ElfCode> sections, BtfBuilder btf, FunctionTypes types)
    {
        var functions = new ByteWriter();
        functions.Int32(BtfBlob.FunctionInfoSize);
        var lines = new ByteWriter();
        lines.Int32(BtfBlob.LineInfoSize);
        var anyLine = sections.Any(s => s.Functions.Exists(f => !f.Function.Lines.IsEmpty));
        foreach (var section in sections)
        {
            functions.Int32(btf.String(section.Name));
            functions.Int32(section.Functions.Count);
            foreach (var (function, start) in section.Functions)
            {
                functions.Int32(start * Instruction.Size);
                functions.Int32(types.Function(function.Name, function.Kind, function.ScalarArguments));
            }

            if (anyLine)
            {
                var merged = LineTable.Merge(section.Functions);
                lines.Int32(btf.String(section.Name));
                lines.Int32(merged.Length);
                foreach (var entry in merged)
                {
                    LineTable.Write(lines, btf, entry.Line, entry.Index * Instruction.Size);
                }
            }
        }

        return Assemble(functions, anyLine ? lines : new ByteWriter());
    }

    private static byte[] Assemble(ByteWriter functions, ByteWriter lines)
    {
        var writer = new ByteWriter();
        writer.UInt16(Magic);
        writer.Byte(1);
        writer.Byte(0);
        writer.Int32(HeaderSize);
        writer.Int32(0);
        writer.Int32(functions.Length);
        writer.Int32(functions.Length);
        writer.Int32(lines.Length);
        writer.Bytes(functions.ToArray());
        writer.Bytes(lines.ToArray());
        return writer.ToArray();
    }
}
