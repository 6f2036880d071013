using Firewall.Kernel.Errors;
using Firewall.Kernel.Links;
using Firewall.Kernel.Network;
using Firewall.Kernel.Tests.Oracle;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>Detaching needs the pins only, and not even all of them.</summary>
public sealed class DetachTests
{
    [SkippableFact]
    public void What_was_attached_is_told()
    {
        using var host = new GuardedHost();
        host.Attach(AttachTests.NameServer);
        Assert.Equal("INPUT of rules.txt", host.Detach().Note!.Describe());
    }

    [SkippableFact]
    public void Where_nothing_is_attached_it_fails()
    {
        using var host = new GuardedHost();
        Assert.Equal(ExitCode.KernelRefused, Assert.Throws<CommandFailedException>(host.Detach).Code);
        host.Attach(AttachTests.NameServer);
        host.Detach();
        Assert.Throws<CommandFailedException>(host.Detach);
    }

    [SkippableTheory]
    [InlineData("program")]
    [InlineData("metadata")]
    [InlineData("maps/counters")]
    [InlineData("maps/deferred")]
    public void A_missing_pin_does_not_keep_the_firewall(string pin)
    {
        using var host = new GuardedHost();
        host.Attach(AttachTests.NameServer);
        File.Delete($"{host.Pins.Directory}/{host.Space.Inode}/eth0/{pin}");
        Assert.ThrowsAny<KernelException>(host.Counters);
        Assert.True(host.Detach().WasAttached);
        Assert.True(host.Xdp.IsEmpty);
        Assert.False(Directory.Exists(host.Pins.Directory));
    }

    [SkippableFact]
    public void Without_the_links_pin_nothing_is_attached_any_more_and_the_pins_go()
    {
        using var host = new GuardedHost();
        host.Attach(AttachTests.NameServer);
        File.Delete($"{host.Pins.Directory}/{host.Space.Inode}/eth0/link");
        Assert.False(host.Detach().WasAttached);
        Assert.False(Directory.Exists(host.Pins.Directory));
    }

    [SkippableFact]
    public void Counters_of_an_interface_that_is_gone_can_still_be_read()
    {
        using var host = new GuardedHost();
        host.Attach(AttachTests.NameServer);
        host.Lets(Frames.UdpTo(53));
        host.Tool("ip", "", "link", "del", "eth0");
        Assert.Equal([1UL, 0UL, 0UL], host.Packets());
        Assert.False(host.Detach().WasAttached);
    }

    [SkippableFact]
    public void Other_interfaces_and_namespaces_keep_theirs()
    {
        using var host = new GuardedHost("link add br0 type bridge");
        host.Attach(AttachTests.NameServer);
        host.Attach(GuardedHost.Request(GuardedHost.Policy(AttachTests.NameServer)) with { Interface = "br0", Mode = XdpMode.Generic });
        host.Detach();
        Assert.NotNull(host.Space.Run(() => NetworkInterfaces.Get("br0")).Xdp.Generic);
        Assert.Equal("br0", Assert.Single(host.Pins.List()).Interface);
    }
}
