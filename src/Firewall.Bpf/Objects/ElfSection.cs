namespace Firewall.Bpf.Objects;

/// <summary>Section types in use (elf(5), sh_type).</summary>
internal enum ElfSectionType
{
    ProgramBits = 1,
    SymbolTable = 2,
    StringTable = 3,
    Relocations = 9,
}

/// <summary>One section of an object file; its number in the file is its place in the image plus one.</summary>
/// <param name="Flags">SHF_* bits.</param>
/// <param name="Link">Number of the section this one refers to: symbols of relocations, strings of symbols.</param>
/// <param name="Info">Number of the section relocated; of a symbol table the first global symbol.</param>
internal sealed record ElfSection(
    string Name, ElfSectionType Type, long Flags, byte[] Content, int Alignment, int Link = 0, int Info = 0, int EntrySize = 0)
{
    public const long Writable = 1;
    public const long Allocated = 2;
    public const long Executable = 4;
}
