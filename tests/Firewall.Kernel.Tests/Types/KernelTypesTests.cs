using System.Diagnostics;
using Firewall.Bpf.Isa;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Types;

namespace Firewall.Kernel.Tests.Types;

public sealed class KernelTypesTests
{
    [SkippableFact]
    public void Members_are_found_also_in_anonymous_structures_and_by_paths()
    {
        Skip.IfNot(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel does not describe its types");
        var types = KernelTypes.Current;
        Assert.Equal(0, types.OffsetOf(KernelField.Number("nf_hook_state", "hook", 1)));
        Assert.Equal(8, types.OffsetOf(KernelField.Pointer("nf_hook_state", "in")));
        Assert.Equal(0, types.OffsetOf(KernelField.Pointer("sk_buff", "next")));
        Assert.True(types.OffsetOf(KernelField.Number("sk_buff", "_nfct", 8)) > types.OffsetOf(KernelField.Pointer("sk_buff", "dev")));
        Assert.True(types.Has(KernelField.Text("net_device", "name", 16)));
        Assert.True(types.Has(KernelField.Number("nf_conn", "status", 8)));
        Assert.Equal(
            types.OffsetOf(KernelField.Inner("nf_conn", "proto")),
            types.OffsetOf(KernelField.Inner("nf_conn", "proto.tcp")));
    }

    [SkippableFact]
    public void What_the_kernel_has_not_is_refused_by_name()
    {
        Skip.IfNot(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel does not describe its types");
        var types = KernelTypes.Current;
        Assert.Contains("no struct nosuch", Refusal(KernelField.Number("nosuch", "len", 4)), StringComparison.Ordinal);
        Assert.Contains("no member nosuch", Refusal(KernelField.Number("sk_buff", "nosuch", 4)), StringComparison.Ordinal);
        Assert.Contains("4 bytes, not 8", Refusal(KernelField.Number("sk_buff", "len", 8)), StringComparison.Ordinal);
        Assert.Contains("bit field", Refusal(KernelField.Number("sk_buff", "pkt_type", 1)), StringComparison.Ordinal);
        Assert.Null(types.FindFunction("no_such_function"));

        string Refusal(KernelField field) => Assert.Throws<UnsupportedException>(() => types.OffsetOf(field)).Message;
    }

    [SkippableFact]
    public void Reading_them_does_not_take_long()
    {
        Skip.IfNot(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel does not describe its types");
        var watch = Stopwatch.StartNew();
        var types = new KernelTypes("/sys/kernel/btf");
        Assert.NotNull(types.FindFunction("bpf_dynptr_from_skb"));
        types.OffsetOf(KernelField.Number("sk_buff", "mark", 4));
        types.OffsetOf(KernelField.Number("nf_conn", "mark", 4));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
    }

    [Fact]
    public void A_modules_types_go_on_where_those_of_vmlinux_end()
    {
        // 1: int "u32" of four bytes; 2: struct "outer" { u32 first; struct 3 }; 3: struct { u32 inner; }.
        var vmlinux = BtfFile.Read(Btf(
            "\0u32\0outer\0first\0inner\0",
            [1, 1 << 24, 4, 32, 5, (4 << 24) | 2, 8, 11, 1, 0, 0, 3, 32, 0, (4 << 24) | 1, 4, 17, 1, 0]));
        Assert.Equal(new BtfMember(1, 32, 0), vmlinux.Member(vmlinux.Find(BtfFile.Kind.Struct, "outer")!.Value, "inner"));

        // 4: struct "more" { struct outer before; const u32 first; }, whose strings begin at 23; 5: const u32.
        var module = BtfFile.Read(Btf("\0more\0", [24, (4 << 24) | 2, 12, 11, 2, 0, 17, 5, 64, 0, 10 << 24, 1]), vmlinux);
        var more = module.Find(BtfFile.Kind.Struct, "more");
        Assert.Equal(4, more);
        Assert.Equal(new BtfMember(2, 0, 0), module.Member(4, "first"));
        Assert.Equal(8, module.SizeOf(2));
        Assert.Equal(4, module.SizeOf(module.Member(4, "inner")!.Type));
        Assert.Null(module.Find(BtfFile.Kind.Struct, "outer2"));
    }

    private static byte[] Btf(string strings, int[] types)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write(0x0001eb9f);
        writer.Write(24);
        writer.Write(0);
        writer.Write(4 * types.Length);
        writer.Write(4 * types.Length);
        writer.Write(strings.Length);
        foreach (var word in types)
        {
            writer.Write(word);
        }

        writer.Write(strings.Select(c => (byte)c).ToArray());
        return file.ToArray();
    }
}
