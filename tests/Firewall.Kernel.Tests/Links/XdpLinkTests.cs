using System.Diagnostics;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;
using Firewall.Kernel.TestRun;
using Firewall.Kernel.Tests.Oracle;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Links;

public sealed class XdpLinkTests
{
    [SkippableFact]
    public void On_veth_a_program_runs_natively_and_sees_what_comes_over_the_wire()
    {
        KernelRequired.Tools("ip");
        using var pair = new VethPair();
        using var loaded = LoadedObject.Load(Programs.Counting());
        using var link = pair.Here.Run(() => XdpLink.Attach(loaded.Entry, pair.Interface));
        Assert.Equal((XdpMode.Native, null), (link.Mode, link.NativeRefusal));
        Assert.Equal(loaded.Entry.Id, link.ProgramId);
        Assert.Equal(pair.Interface.Index, link.InterfaceIndex);
        Assert.Equal(new CarriedXdp(loaded.Entry.Id, null, null), pair.Interface.Xdp);

        for (var i = 0; i < 10; i++)
        {
            pair.Send(Frames.UdpTo(53));
        }

        var hits = WaitFor(() => loaded.Maps["hits"].LookupPerProcessor(0)!.Value.Sum(), expected: 10);
        Assert.Equal(10UL, hits);
    }

    [SkippableFact]
    public void On_loopback_a_program_runs_generically_and_the_reason_is_told()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        using var link = space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("lo")));
        Assert.Equal(XdpMode.Generic, link.Mode);
        Assert.Equal("the driver has no native XDP", link.NativeRefusal);
        Assert.Equal(loaded.Entry.Id, space.Run(() => NetworkInterfaces.Get("lo")).Xdp.Generic);
    }

    [SkippableFact]
    public void Native_mode_alone_is_refused_where_the_driver_has_none()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        Assert.Throws<UnsupportedException>(() => space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("lo"), XdpMode.Native)));
    }

    [SkippableFact]
    public void An_interface_that_runs_a_program_already_is_left_alone_and_the_program_named()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var first = LoadedObject.Load(Programs.Returning(XdpAction.Pass, "resident"));
        using var second = LoadedObject.Load(Programs.Returning(XdpAction.Drop));
        using var link = space.Run(() => XdpLink.Attach(first.Entry, NetworkInterfaces.Get("lo")));
        var refusal = Assert.Throws<AlreadyAttachedException>(() => space.Run(() => XdpLink.Attach(second.Entry, NetworkInterfaces.Get("lo"))));
        Assert.Equal((first.Entry.Id, "resident", XdpMode.Generic), (refusal.ProgramId, refusal.ProgramName, refusal.Mode));
        Assert.Contains($"id {first.Entry.Id}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(first.Entry.Id, space.Run(() => NetworkInterfaces.Get("lo")).Xdp.Generic);
    }

    [SkippableFact]
    public void Disposing_a_link_that_is_not_pinned_takes_the_program_off()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("lo"))).Dispose();
        Assert.True(space.Run(() => NetworkInterfaces.Get("lo")).Xdp.IsEmpty);
    }

    [SkippableFact]
    public void A_detached_link_holds_no_interface()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var loaded = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        using var link = space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("lo")));
        link.Detach();
        link.Detach();
        Assert.Equal(0, link.InterfaceIndex);
        Assert.True(space.Run(() => NetworkInterfaces.Get("lo")).Xdp.IsEmpty);
    }

    [SkippableFact]
    public void Replacing_the_program_keeps_the_link()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        using var first = LoadedObject.Load(Programs.Returning(XdpAction.Pass));
        using var second = LoadedObject.Load(Programs.Returning(XdpAction.Drop));
        using var link = space.Run(() => XdpLink.Attach(first.Entry, NetworkInterfaces.Get("lo")));
        link.Replace(second.Entry);
        Assert.Equal(second.Entry.Id, link.ProgramId);
    }

    private static ulong WaitFor(Func<ulong> read, ulong expected)
    {
        var patience = Stopwatch.StartNew();
        while (read() < expected && patience.Elapsed < TimeSpan.FromSeconds(5))
        {
            Thread.Sleep(1);
        }

        return read();
    }
}
