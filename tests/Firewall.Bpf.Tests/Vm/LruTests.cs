using Firewall.Bpf.Objects;
using Firewall.Bpf.Vm;

namespace Firewall.Bpf.Tests.Vm;

public sealed class LruTests
{
    [Fact]
    public void A_full_LRU_hash_makes_room()
    {
        var program = Samples.Program(a => a.Exit()) with { Maps = [new MapSpec("peers", MapType.LruHash, 4, 4, 2)] };
        var map = new VirtualMachine(program).Maps["peers"];
        for (var i = 0; i < 5; i++) { map.Write(BitConverter.GetBytes(i), BitConverter.GetBytes(i * 10)); }
        Assert.Equal(40, BitConverter.ToInt32(map.Read(BitConverter.GetBytes(4))!));
        Assert.Equal(2, Enumerable.Range(0, 5).Count(i => map.Read(BitConverter.GetBytes(i)) is not null));
    }
}
