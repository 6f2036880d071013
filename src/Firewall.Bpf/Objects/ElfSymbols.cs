using System.Runtime.InteropServices;

namespace Firewall.Bpf.Objects;

/// <summary>What a symbol names (elf(5), st_info).</summary>
internal enum ElfSymbolType
{
    /// <summary>Defined elsewhere: in the kernel.</summary>
    None = 0,
    Object = 1,
    Function = 2,
    Section = 3,
}

/// <summary>A name for a place in a section.</summary>
/// <param name="Section">Number of the section the symbol is in.</param>
/// <param name="Value">Byte offset in it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ElfSymbol(string Name, ElfSymbolType Type, bool Global, int Section, long Value, long Size);

/// <summary>A symbol table. Local symbols stand before global ones, as ELF demands.</summary>
internal sealed class ElfSymbols
{
    public const int EntrySize = 24;

    private readonly List<ElfSymbol> _sorted;

    public ElfSymbols(IReadOnlyCollection<ElfSymbol> symbols)
    {
        _sorted = [.. symbols.OrderBy(s => s.Global)];
        var strings = new ElfStrings();
        var table = new ByteWriter();
        table.Bytes(new byte[EntrySize]);
        foreach (var symbol in _sorted)
        {
            table.Int32(strings.Add(symbol.Name));
            table.Byte((byte)((symbol.Global ? 0x10 : 0) | (int)symbol.Type));
            table.Byte(0);
            table.UInt16((ushort)symbol.Section);
            table.Int64(symbol.Value);
            table.Int64(symbol.Size);
        }

        Table = table.ToArray();
        Strings = strings.ToArray();
    }

    public byte[] Table { get; }

    public byte[] Strings { get; }

    public int FirstGlobal => 1 + _sorted.Count(s => !s.Global);

    /// <summary>Number of a symbol in the table.</summary>
    public int IndexOf(ElfSymbolType type, string name) => 1 + _sorted.FindIndex(s => s.Type == type && s.Name == name);
}
