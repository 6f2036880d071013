using System.Text;

namespace Firewall.Bpf.Objects;

/// <summary>
/// Writes an object as a file that libbpf, and so bpftool, ip and xdp-loader, load unchanged: programs in section
/// <c>xdp</c> or <c>netfilter</c>, everything they call in <c>.text</c>, maps in <c>.maps</c>, types and lines in <c>.BTF</c> and <c>.BTF.ext</c>.
/// </summary>
/// <remarks>
/// A file carries the contents of maps that are addressed directly (they become data sections, see
/// <see cref="ElfMaps"/>) and of program arrays. The <see cref="MapSpec.InitialEntries"/> of every other map are not in
/// the file; whoever loads it must write them.
/// </remarks>
public static class ElfWriter
{
    private const string LicenseSection = "license";
    private const int RelocationSize = 16;

    /// <summary>SHN_UNDEF: the section of symbols that are not in the file.</summary>
    private const int Undefined = 0;

    public static byte[] Write(BpfObject source)
    {
        foreach (var program in source.Programs)
        {
            source.Link(program.Name);
        }

        var text = new ElfCode(ElfCode.CallbackSection, source.Functions.Where(f => f.Kind != FunctionKind.Program));
        var programs = new ElfCode(source.Type.Section(), source.Programs);
        List<ElfCode> code = text.Functions.Count == 0 ? [programs] : [text, programs];

        var btf = new BtfBuilder();
        var types = new FunctionTypes(btf, source.Type);
        var kernel = new KernelTypes(btf, source);
        var extension = BtfExtension.Write(code, btf, types, kernel);
        var maps = new ElfMaps(source, btf, types.Int);

        // Everything symbols can be in comes first, so that the section numbers are known before the symbols.
        const long CodeFlags = ElfSection.Allocated | ElfSection.Executable;
        var license = Encoding.ASCII.GetBytes(source.License + "\0");
        List<ElfSection> sections =
        [
            .. code.Select(c => new ElfSection(c.Name, ElfSectionType.ProgramBits, CodeFlags, c.Encode(text), 8)),
            .. maps.Data.Select(d => d.Section),
            new(LicenseSection, ElfSectionType.ProgramBits, ElfSection.Allocated | ElfSection.Writable, license, 1),
        ];
        if (maps.Size > 0)
        {
            sections.Add(new(ElfMaps.SectionName, ElfSectionType.ProgramBits, ElfSection.Allocated | ElfSection.Writable, new byte[maps.Size], 8));
        }

        var symbols = Symbols(sections, code, maps, kernel, license.Length);
        var symbolTable = sections.Count + 1;
        sections.Add(new(
            ".symtab", ElfSectionType.SymbolTable, 0, symbols.Table, 8, symbolTable + 1, symbols.FirstGlobal, ElfSymbols.EntrySize));
        sections.Add(new(".strtab", ElfSectionType.StringTable, 0, symbols.Strings, 1));
        foreach (var section in code)
        {
            AddRelocations(sections, section.Name, section.Relocations(symbols), symbolTable);
        }

        AddRelocations(sections, ElfMaps.SectionName, ProgramSlots(maps, symbols), symbolTable);
        sections.Add(new(".BTF", ElfSectionType.ProgramBits, 0, btf.ToArray(), 4));
        sections.Add(new(".BTF.ext", ElfSectionType.ProgramBits, 0, extension, 4));
        return ElfImage.Write(sections);
    }

    private static ElfSymbols Symbols(List<ElfSection> sections, List<ElfCode> code, ElfMaps maps, KernelTypes kernel, int licenseSize)
    {
        var symbols = new List<ElfSymbol> { new("_license", ElfSymbolType.Object, true, NumberOf(sections, LicenseSection), 0, licenseSize) };
        foreach (var section in code)
        {
            var number = NumberOf(sections, section.Name);
            symbols.Add(new(section.Name, ElfSymbolType.Section, Global: false, number, 0, 0));
            symbols.AddRange(section.Functions.Select(f => new ElfSymbol(
                f.Function.Name, ElfSymbolType.Function, f.Function.Kind is not (FunctionKind.Callback or FunctionKind.Visitor), number,
                (long)f.Start * Isa.Instruction.Size, (long)f.Function.Code.Length * Isa.Instruction.Size)));
        }

        symbols.AddRange(maps.Data.Select(d => new ElfSymbol(
            d.Name, ElfSymbolType.Object, true, NumberOf(sections, d.Section.Name), 0, d.Section.Content.Length)));
        symbols.AddRange(maps.Entries.Select(e => new ElfSymbol(
            e.Name, ElfSymbolType.Object, true, NumberOf(sections, ElfMaps.SectionName), e.Offset, e.Size)));
        symbols.AddRange(kernel.Functions.Select(f => new ElfSymbol(f.Name, ElfSymbolType.None, true, Undefined, 0, 0)));
        return new ElfSymbols(symbols);
    }

    private static byte[] ProgramSlots(ElfMaps maps, ElfSymbols symbols)
    {
        var writer = new ByteWriter();
        foreach (var (offset, program) in maps.ProgramSlots)
        {
            ElfCode.WriteRelocation(writer, offset, ElfCode.RelocateData, symbols.IndexOf(ElfSymbolType.Function, program));
        }

        return writer.ToArray();
    }

    private static void AddRelocations(List<ElfSection> sections, string name, byte[] content, int symbolTable)
    {
        if (content.Length > 0)
        {
            sections.Add(new(
                ".rel" + name, ElfSectionType.Relocations, 0, content, 8, symbolTable, NumberOf(sections, name), RelocationSize));
        }
    }

    private static int NumberOf(List<ElfSection> sections, string name) => 1 + sections.FindIndex(s => s.Name == name);
}
