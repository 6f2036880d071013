using System.Buffers.Binary;
using System.Text;
using Firewall.Bpf.Objects;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Bpf.Tests.Objects;

public sealed class ElfTests
{
    [Fact]
    public void The_file_is_a_relocatable_object_for_bpf()
    {
        var file = ElfWriter.Write(Samples.Full());
        Assert.Equal("7f454c46020101", Convert.ToHexStringLower(file.AsSpan(0, 7)));
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(16)));
        Assert.Equal(247, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(18)));
    }

    [Fact]
    public void The_sections_are_those_libbpf_looks_for()
    {
        var names = Encoding.ASCII.GetString(ElfWriter.Write(Samples.Full())).Split('\0');
        string[] expected =
        [
            ".text", "xdp", ".relxdp", ".maps", ".rodata.table", "license", ".BTF", ".BTF.ext", ".symtab", ".strtab",
        ];
        Assert.All(expected, name => Assert.Contains(name, names));
        Assert.Contains(".rel.maps", Encoding.ASCII.GetString(ElfWriter.Write(Samples.TailCalling())), StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_twice_gives_the_same_bytes() =>
        Assert.Equal(ElfWriter.Write(Samples.Full()), ElfWriter.Write(Samples.Full()));

    [Fact]
    public void A_map_used_by_address_and_by_lookup_cannot_be_in_a_file()
    {
        var map = new MapSpec("both", MapType.Array, 4, 8, 1);
        var program = Samples.Function("main", FunctionKind.Program, a =>
        {
            a.LoadMap(R1, map);
            a.LoadMapValue(R2, map, 0);
            a.Exit();
        });
        Assert.Contains("both", Assert.Throws<NotSupportedException>(() => ElfWriter.Write(new BpfObject("o", [map], [program]))).Message, StringComparison.Ordinal);
    }
}
