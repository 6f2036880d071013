using Firewall.Bpf.Isa;

namespace Firewall.Bpf.Objects;

/// <summary>The functions of one section: code as libbpf expects it before relocation, and where each function is.</summary>
internal sealed class ElfCode
{
    /// <summary>Relocation types of the BPF target (Documentation/bpf/llvm_reloc.rst).</summary>
    public const int RelocateWide = 1; // R_BPF_64_64
    public const int RelocateData = 2; // R_BPF_64_ABS64
    public const int RelocateCall = 10; // R_BPF_64_32

    public const string CallbackSection = ".text";

    public ElfCode(string name, IEnumerable<BpfFunction> functions)
    {
        Name = name;
        var start = 0;
        foreach (var function in functions)
        {
            Functions.Add((function, start));
            start += function.Code.Length;
        }

        Length = start;
    }

    public string Name { get; }

    /// <summary>With the slot each begins at.</summary>
    public List<(BpfFunction Function, int Start)> Functions { get; } = [];

    /// <summary>Slots of all functions.</summary>
    public int Length { get; }

    /// <summary>The section's bytes. What a symbol cannot say stands in the immediates: the offsets of callbacks and of bytes in values.</summary>
    public byte[] Encode(ElfCode text)
    {
        var code = new Instruction[Length];
        foreach (var (function, start) in Functions)
        {
            function.Code.CopyTo(code, start);
            foreach (var relocation in function.Relocations)
            {
                ref var slot = ref code[start + relocation.Index];
                var isWide = slot.IsWideLoad;
                slot = relocation switch
                {
                    CallRelocation => Instruction.CallLocal(distance: -1),
                    KernelCallRelocation => Instruction.CallLocal(distance: -1),
                    KernelFieldRelocation => slot,
                    FunctionPointerRelocation pointer => slot with { Immediate = text.StartOf(pointer.FunctionName) * Instruction.Size },
                    MapValueRelocation value => slot with { Source = default, Immediate = value.Offset },
                    _ => slot with { Source = default, Immediate = 0 },
                };
                if (isWide)
                {
                    code[start + relocation.Index + 1] = default;
                }
            }
        }

        return Instruction.Encode(code);
    }

    public byte[] Relocations(ElfSymbols symbols)
    {
        var writer = new ByteWriter();
        foreach (var (function, start) in Functions)
        {
            foreach (var relocation in function.Relocations.Where(r => r is not KernelFieldRelocation))
            {
                var (type, symbol) = relocation switch
                {
                    CallRelocation call => (RelocateCall, symbols.IndexOf(ElfSymbolType.Function, call.FunctionName)),
                    KernelCallRelocation call => (RelocateCall, symbols.IndexOf(ElfSymbolType.None, call.Function.Name)),
                    FunctionPointerRelocation => (RelocateWide, symbols.IndexOf(ElfSymbolType.Section, CallbackSection)),
                    MapRelocation map => (RelocateWide, symbols.IndexOf(ElfSymbolType.Object, map.MapName)),
                    MapValueRelocation value => (RelocateWide, symbols.IndexOf(ElfSymbolType.Object, value.MapName)),
                    _ => throw new NotSupportedException($"{function.Name}: {relocation}"),
                };
                WriteRelocation(writer, (start + relocation.Index) * Instruction.Size, type, symbol);
            }
        }

        return writer.ToArray();
    }

    /// <summary>One Elf64_Rel.</summary>
    public static void WriteRelocation(ByteWriter writer, int offset, int type, int symbol)
    {
        writer.Int64(offset);
        writer.Int32(type);
        writer.Int32(symbol);
    }

    private int StartOf(string function) => Functions.Find(f => f.Function.Name == function).Start;
}
