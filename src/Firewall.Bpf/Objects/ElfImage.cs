using System.Text;

namespace Firewall.Bpf.Objects;

/// <summary>The frame of an ELF64 relocatable file for EM_BPF, little endian: header, sections, section headers (elf(5)).</summary>
internal static class ElfImage
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const ushort Relocatable = 1;
    private const ushort MachineBpf = 247;

    /// <summary>The whole file.</summary>
    /// <param name="sections">Numbered from 1. The names go into one more section at the end.</param>
    public static byte[] Write(IReadOnlyList<ElfSection> sections)
    {
        var names = new ElfStrings();
        var nameOffsets = sections.Select(s => names.Add(s.Name)).ToList();
        var ownName = names.Add(".shstrtab");
        nameOffsets.Add(ownName);
        List<ElfSection> all = [.. sections, new(".shstrtab", ElfSectionType.StringTable, 0, names.ToArray(), 1)];

        var body = new ByteWriter();
        var offsets = new List<int>();
        foreach (var section in all)
        {
            body.AlignTo(section.Alignment);
            offsets.Add(HeaderSize + body.Length);
            body.Bytes(section.Content);
        }

        body.AlignTo(8);
        var file = new ByteWriter();
        Header(file, HeaderSize + body.Length, all.Count + 1);
        file.Bytes(body.ToArray());
        file.Bytes(new byte[SectionHeaderSize]);
        for (var i = 0; i < all.Count; i++)
        {
            SectionHeader(file, all[i], nameOffsets[i], offsets[i]);
        }

        return file.ToArray();
    }

    private static void Header(ByteWriter file, int sectionHeaders, int count)
    {
        file.Bytes([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.UInt16(Relocatable);
        file.UInt16(MachineBpf);
        file.Int32(1);
        file.Int64(0);
        file.Int64(0);
        file.Int64(sectionHeaders);
        file.Int32(0);
        file.UInt16(HeaderSize);
        file.UInt16(0);
        file.UInt16(0);
        file.UInt16(SectionHeaderSize);
        file.UInt16((ushort)count);
        file.UInt16((ushort)(count - 1));
    }

    private static void SectionHeader(ByteWriter file, ElfSection section, int name, int offset)
    {
        file.Int32(name);
        file.Int32((int)section.Type);
        file.Int64(section.Flags);
        file.Int64(0);
        file.Int64(offset);
        file.Int64(section.Content.Length);
        file.Int32(section.Link);
        file.Int32(section.Info);
        file.Int64(section.Alignment);
        file.Int64(section.EntrySize);
    }
}

/// <summary>A string table: strings one after the other, each ended by a zero byte, the empty one first.</summary>
internal sealed class ElfStrings
{
    private readonly ByteWriter _bytes = new();

    public ElfStrings() => _bytes.Byte(0);

    public int Add(string text)
    {
        var offset = _bytes.Length;
        _bytes.Bytes(Encoding.UTF8.GetBytes(text));
        _bytes.Byte(0);
        return offset;
    }

    public byte[] ToArray() => _bytes.ToArray();
}
