using System.Buffers.Binary;
using Firewall.Bpf.Objects;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Maps;

namespace Firewall.Kernel.Tests.Maps;

public sealed class BpfMapTests
{
    [SkippableFact]
    public void An_entry_can_be_written_read_replaced_and_deleted()
    {
        using var map = Create(MapType.Hash, 4);
        map.Update(7, 70UL);
        Assert.True(map.TryLookup(7, out ulong value));
        Assert.Equal(70UL, value);
        map.Update(7, 71UL, MapUpdate.ReplaceOnly);
        Assert.Throws<KernelException>(() => map.Update(7, 72UL, MapUpdate.CreateOnly));
        Assert.True(map.Delete(7));
        Assert.False(map.Delete(7));
        Assert.False(map.TryLookup(7, out value));
    }

    [SkippableFact]
    public void A_full_map_says_so()
    {
        using var map = Create(MapType.Hash, 1);
        map.Update(1, 1UL);
        var refusal = Assert.Throws<KernelException>(() => map.Update(2, 2UL));
        Assert.Contains("the map is full (1 entries)", refusal.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(MapType.Hash)]
    [InlineData(MapType.Array)]
    public void Many_entries_are_written_and_read_in_batches(MapType type)
    {
        using var map = Create(type, 1000);
        map.UpdateAll([.. Enumerable.Range(0, 1000).Select(i => (BitConverter.GetBytes(i), BitConverter.GetBytes(i * 3L)))]);
        var entries = map.Entries().ToDictionary(e => BitConverter.ToInt32(e.Key), e => BitConverter.ToInt64(e.Value));
        Assert.Equal(1000, entries.Count);
        Assert.All(entries, entry => Assert.Equal(entry.Key * 3L, entry.Value));
    }

    [SkippableFact]
    public void Keys_are_walked_once_each()
    {
        using var map = Create(MapType.Hash, 100);
        for (var i = 0; i < 50; i++)
        {
            map.Update(i, 1UL);
        }

        Assert.Equal(Enumerable.Range(0, 50), map.Keys().Select(key => BitConverter.ToInt32(key)).Order());
    }

    [SkippableTheory]
    [InlineData(MapType.PerCpuArray)]
    [InlineData(MapType.PerCpuHash)]
    public void A_per_cpu_map_has_a_value_for_each_possible_processor_and_sums_them(MapType type)
    {
        using var map = Create(type, 4, valueSize: 12);
        Assert.Equal(16 * Processors.Possible.Length, map.TransferSize);
        var value = new byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(value, 5);
        map.Update(BitConverter.GetBytes(2), value);
        var read = map.LookupPerProcessor(2)!.Value;
        Assert.Equal(5UL * (ulong)Processors.Possible.Length, read.Sum());
        Assert.Equal(12, read[Processors.Possible[^1]].Length);
        Assert.Contains(map.Entries(), entry => BitConverter.ToInt32(entry.Key) == 2 && entry.Value.Length == map.TransferSize);
    }

    [SkippableFact]
    public void Wrong_sizes_are_refused_before_the_kernel_overruns_them()
    {
        using var map = Create(MapType.Hash, 4);
        Assert.Throws<ArgumentException>(() => map.TryLookup(1, out int _));
        Assert.Throws<ArgumentException>(() => map.Update(1L, 1L));
    }

    [SkippableFact]
    public void A_map_is_found_again_by_its_number()
    {
        using var map = Create(MapType.Hash, 4);
        map.Update(1, 11UL);
        using var same = BpfMap.OpenById(map.Id);
        Assert.Equal(("test", MapType.Hash, 4, 8, 4), (same.Name, same.Type, same.KeySize, same.ValueSize, same.MaxEntries));
        Assert.True(same.TryLookup(1, out ulong value));
        Assert.Equal(11UL, value);
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3\n", new[] { 0, 1, 2, 3 })]
    [InlineData("0-1,4,6-7", new[] { 0, 1, 4, 6, 7 })]
    public void Lists_of_processors_are_read(string text, int[] processors) => Assert.Equal(processors, Processors.ParseList(text));

    private static BpfMap Create(MapType type, int entries, int valueSize = 8)
    {
        KernelRequired.Privileges();
        return BpfMap.Create(new MapSpec("test", type, 4, valueSize, entries));
    }
}
