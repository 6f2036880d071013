using System.Buffers.Binary;
using System.Text;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Pins;
using Firewall.Kernel.Probe;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Links;

public sealed class NetfilterLinkTests
{
    private static readonly NetfilterPlace Input = NetfilterPlace.BeforeFilter(AddressFamily.Ipv4, NetfilterHook.LocalIn);

    [SkippableTheory]
    [InlineData(AddressFamily.Ipv4)]
    [InlineData(AddressFamily.Ipv6)]
    public void A_program_decides_what_its_family_receives(AddressFamily family)
    {
        Demand();
        using var host = new LoopbackHost();
        using var loaded = LoadedObject.Load(NetfilterPrograms.Counting(NetfilterPrograms.Drop));
        using var link = host.Namespace.Run(() => NetfilterLink.Attach(loaded.Entry, Input with { Family = family }));
        Assert.Equal((family, NetfilterHook.LocalIn, -1), (link.Family, link.Hook, link.Priority));
        Assert.Equal(loaded.Entry.Id, link.ProgramId);

        Assert.Equal(family != AddressFamily.Ipv4, host.Talk());
        Assert.Equal(family != AddressFamily.Ipv6, host.Talk(ipv6: true));
        Assert.Equal(1, Total(loaded));

        link.Detach();
        Assert.True(host.Talk());
        Assert.True(host.Talk(ipv6: true));
    }

    [SkippableFact]
    public void Each_hook_takes_a_program_of_its_own()
    {
        Demand();
        using var host = new LoopbackHost();
        NetfilterPlace[] places =
        [
            NetfilterPlace.BeforeRaw(AddressFamily.Ipv4, NetfilterHook.PreRouting),
            Input,
            NetfilterPlace.BeforeFilter(AddressFamily.Ipv4, NetfilterHook.Forward),
            NetfilterPlace.BeforeFilter(AddressFamily.Ipv4, NetfilterHook.LocalOut),
        ];
        var attached = places.Select(place =>
        {
            var loaded = LoadedObject.Load(NetfilterPrograms.Counting(NetfilterPrograms.Accept));
            return (loaded, link: host.Namespace.Run(() => NetfilterLink.Attach(loaded.Entry, place)));
        }).ToList();
        Assert.True(host.Talk());
        Assert.Equal([1, 1, 0, 1], attached.Select(a => Total(a.loaded)));
        Assert.Equal([-301, -1, -1, -1], attached.Select(a => a.link.Priority));
        attached.ForEach(a => a.link.Dispose());
        attached.ForEach(a => a.loaded.Dispose());
    }

    [SkippableFact]
    public void A_successor_takes_the_other_priority_and_a_third_program_is_refused()
    {
        Demand();
        using var host = new LoopbackHost();
        using var accepting = LoadedObject.Load(NetfilterPrograms.Counting(NetfilterPrograms.Accept));
        using var dropping = LoadedObject.Load(NetfilterPrograms.Counting(NetfilterPrograms.Drop));
        host.Namespace.Run(() =>
        {
            using var first = NetfilterLink.Attach(accepting.Entry, Input);
            Assert.True(host.Talk());
            using var second = first.Replace(dropping.Entry, Input);
            Assert.Equal(-2, second.Priority);
            Assert.False(host.Talk());
            Assert.Equal((1, 1), (Total(accepting), Total(dropping)));
            using var third = second.Replace(accepting.Entry, Input);
            Assert.Equal(-1, third.Priority);
            Assert.True(host.Talk());

            using var fourth = NetfilterLink.Attach(dropping.Entry, Input);
            var refusal = Assert.Throws<KernelException>(() => NetfilterLink.Attach(accepting.Entry, Input));
            Assert.Equal(Errno.EBUSY, refusal.Error);
            Assert.Contains("IPv4 INPUT", refusal.Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => third.Replace(accepting.Entry, Input with { Hook = NetfilterHook.Forward }));
        });
    }

    [SkippableFact]
    public void A_pinned_link_goes_on_without_us_until_it_is_detached()
    {
        Demand();
        using var host = new LoopbackHost();
        using var files = new PrivateBpffs();
        using (var loaded = LoadedObject.Load(NetfilterPrograms.Counting(NetfilterPrograms.Drop)))
        using (var link = host.Namespace.Run(() => NetfilterLink.Attach(loaded.Entry, Input)))
        {
            Bpffs.Pin(link.Descriptor, $"{files.Directory}/link");
        }

        Assert.False(host.Talk());
        using var found = NetfilterLink.Open(Bpffs.Open($"{files.Directory}/link"));
        Assert.Equal((NetfilterHook.LocalIn, -1), (found.Hook, found.Priority));
        found.Detach();
        Assert.True(host.Talk());
    }

    [SkippableFact]
    public void Fields_of_the_kernel_are_read_where_its_types_say()
    {
        Demand();
        using var host = new LoopbackHost();
        using var loaded = LoadedObject.Load(NetfilterPrograms.Looking());
        using var link = host.Namespace.Run(() => NetfilterLink.Attach(loaded.Entry, Input));
        Assert.True(host.Talk(length: 33));
        var seen = Seen(loaded);
        Assert.Equal((61, 0, 1), (Word(seen, 0), Word(seen, 4), Word(seen, 8)));
        Assert.Equal("lo", Encoding.ASCII.GetString(seen, 16, 16).TrimEnd('\0'));
        Assert.Equal((0, 0), (Word(seen, 32), Word(seen, 40)));

        // The packet itself: version and header length, total length, UDP, addresses.
        Assert.Equal((0x45, 61, 17), (seen[48], BinaryPrimitives.ReadUInt16BigEndian(seen.AsSpan(50)), seen[57]));
        Assert.Equal([127, 0, 0, 1, 127, 0, 0, 1], seen[60..68]);
    }

    [SkippableFact]
    public void The_connection_of_a_packet_is_read_from_it()
    {
        const int New = 2;
        const int Confirmed = 1 << 3;
        Demand();
        using var host = new LoopbackHost();
        using var loaded = LoadedObject.Load(NetfilterPrograms.Looking());
        using var link = host.Namespace.Run(() =>
        {
            ConntrackAnchor.Create();
            return NetfilterLink.Attach(loaded.Entry, Input);
        });
        Assert.True(host.Talk());
        var seen = Seen(loaded);
        Assert.Equal(New, Word(seen, 32) & 7);
        Assert.Equal(Confirmed, Word(seen, 40) & Confirmed);
    }

    private static void Demand()
    {
        KernelRequired.Tools("ip");
        var feature = KernelFeatures.Read().Netfilter;
        Skip.IfNot(feature.IsAvailable, feature.Reason);
    }

    private static byte[] Seen(LoadedObject loaded) => loaded.Maps["seen"].Lookup(new byte[4])!;

    private static int Word(byte[] bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));

    private static long Total(LoadedObject loaded) => BinaryPrimitives.ReadInt64LittleEndian(loaded.Maps["total"].Lookup(new byte[4]));
}
