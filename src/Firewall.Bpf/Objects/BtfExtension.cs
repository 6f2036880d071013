using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>The section .BTF.ext: function and line information and CO-RE relocations per code section, offsets in bytes (Documentation/bpf/btf.rst).</summary>
internal static class BtfExtension
{
    private const ushort Magic = 0xeb9f;
    private const int HeaderSize = 24;
    private const int HeaderSizeWithRelocations = 32;
    private const int RelocationSize = 16;

    /// <summary>BPF_CORE_FIELD_BYTE_OFFSET.</summary>
    private const int ByteOffset = 0;

    public static byte[] Write(IReadOnlyList<ElfCode> sections, BtfBuilder btf, FunctionTypes types, KernelTypes kernel)
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

        return Assemble(functions, anyLine ? lines : new ByteWriter(), Relocations(sections, btf, kernel));
    }

    /// <summary>One <c>struct bpf_core_relo</c> for each access of a kernel's field; empty when there is none.</summary>
    private static ByteWriter Relocations(IReadOnlyList<ElfCode> sections, BtfBuilder btf, KernelTypes kernel)
    {
        var relocations = new ByteWriter();
        foreach (var section in sections)
        {
            var fields = section.Functions
                .SelectMany(f => f.Function.Relocations.OfType<KernelFieldRelocation>().Select(r => (r.Field, Slot: f.Start + r.Index)))
                .ToList();
            if (fields.Count == 0)
            {
                continue;
            }

            if (relocations.Length == 0)
            {
                relocations.Int32(RelocationSize);
            }

            relocations.Int32(btf.String(section.Name));
            relocations.Int32(fields.Count);
            foreach (var (field, slot) in fields)
            {
                var (type, access) = kernel.Place(field);
                relocations.Int32(slot * Instruction.Size);
                relocations.Int32(type);
                relocations.Int32(btf.String(access));
                relocations.Int32(ByteOffset);
            }
        }

        return relocations;
    }

    private static byte[] Assemble(ByteWriter functions, ByteWriter lines, ByteWriter relocations)
    {
        var writer = new ByteWriter();
        writer.UInt16(Magic);
        writer.Byte(1);
        writer.Byte(0);
        writer.Int32(relocations.Length > 0 ? HeaderSizeWithRelocations : HeaderSize);
        writer.Int32(0);
        writer.Int32(functions.Length);
        writer.Int32(functions.Length);
        writer.Int32(lines.Length);
        if (relocations.Length > 0)
        {
            writer.Int32(functions.Length + lines.Length);
            writer.Int32(relocations.Length);
        }

        writer.Bytes(functions.ToArray());
        writer.Bytes(lines.ToArray());
        writer.Bytes(relocations.ToArray());
        return writer.ToArray();
    }
}
