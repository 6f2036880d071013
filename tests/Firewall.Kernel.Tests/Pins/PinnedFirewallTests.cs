using Firewall.Kernel.Errors;
using Firewall.Kernel.Interop;
using Firewall.Kernel.Links;
using Firewall.Kernel.Loading;
using Firewall.Kernel.Network;
using Firewall.Kernel.Pins;
using Firewall.Kernel.Probe;
using Firewall.Kernel.Tests.Rig;

namespace Firewall.Kernel.Tests.Pins;

public sealed class PinnedFirewallTests : IDisposable
{
    private const string Note = """{ "rules": "règles.txt" }""";

    private readonly NetworkNamespace? _space;
    private readonly PrivateBpffs? _bpffs;

    public PinnedFirewallTests()
    {
        if (Capabilities.Read().CanLoadFirewalls)
        {
            _space = NetworkNamespace.Create();
            _bpffs = new PrivateBpffs();
        }
    }

    private NetworkNamespace Space => _space!;

    private PrivateBpffs Private => _bpffs!;

    private CarriedXdp Carried => Space.Run(() => NetworkInterfaces.Get("lo")).Xdp;

    [SkippableFact]
    public void A_pinned_firewall_outlives_its_descriptors_and_is_found_whole()
    {
        KernelRequired.Privileges();
        var program = Attach("lo");
        using var found = PinnedFirewall.Open(Private.Root, Space.Inode, "lo");
        Assert.Equal(Note, found.Metadata);
        Assert.Equal(program, found.Program.Id);
        Assert.Equal(program, found.Link.ProgramId);
        Assert.Equal(XdpMode.Generic, Space.Run(() => PinnedFirewall.Open(Private.Root, Space.Inode, "lo").Link.Mode));
        Assert.Equal(["hits", "total"], found.Maps.Keys.Order());
        Assert.True(found.Maps["total"].TryLookup(0, out ulong total));
        Assert.Equal(40UL, total);
        Assert.Equal(program, Carried.Generic);
        Assert.Equal((Space.Inode, "lo"), Assert.Single(Private.Root.List()));
    }

    [SkippableFact]
    public void Removing_takes_the_program_off_and_leaves_no_directory()
    {
        KernelRequired.Privileges();
        Attach("lo");
        using (var found = PinnedFirewall.Open(Private.Root, Space.Inode, "lo"))
        {
            found.Remove();
        }

        Assert.True(Carried.IsEmpty);
        Assert.False(Directory.Exists(Private.Root.Directory));
        Assert.Null(PinnedFirewall.Find(Private.Root, Space.Inode, "lo"));
        Assert.Throws<MissingException>(() => PinnedFirewall.Open(Private.Root, Space.Inode, "lo"));
    }

    [SkippableFact]
    public void Pinning_fails_whole_when_a_firewall_is_pinned_already_and_leaves_that_one_alone()
    {
        KernelRequired.Privileges();
        Attach("lo");
        using var loaded = LoadedObject.Load(Programs.Counting());
        using var other = NetworkNamespace.Create();
        using var link = other.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("lo")));
        var refusal = Assert.Throws<KernelException>(() => PinnedFirewall.Pin(Private.Root, Space.Inode, "lo", link, loaded, Note));
        Assert.Equal(Errno.EEXIST, refusal.Error);
        Assert.Equal(0, link.InterfaceIndex);
        using var first = PinnedFirewall.Open(Private.Root, Space.Inode, "lo");
        Assert.Equal(Carried.Generic, first.Program.Id);
    }

    [SkippableFact]
    public void When_a_pin_in_the_middle_fails_nothing_stays_pinned_or_attached()
    {
        KernelRequired.Privileges();
        using var loaded = LoadedObject.Load(Programs.Counting());
        using var link = Space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get("lo")));

        // A closed descriptor makes the program's pin fail after the maps' pins.
        loaded.Entry.Dispose();
        Assert.ThrowsAny<Exception>(() => PinnedFirewall.Pin(Private.Root, Space.Inode, "lo", link, loaded, Note));
        Assert.False(Directory.Exists(Private.Root.Directory));
        Assert.True(Carried.IsEmpty);
    }

    [SkippableFact]
    public void A_link_that_was_detached_by_others_can_still_be_removed()
    {
        KernelRequired.Privileges();
        Attach("lo");
        using var found = PinnedFirewall.Open(Private.Root, Space.Inode, "lo");
        found.Link.Detach();
        found.Remove();
        Assert.False(Directory.Exists(Private.Root.Directory));
    }

    [SkippableFact]
    public void Pins_that_cannot_be_opened_any_more_can_be_discarded()
    {
        KernelRequired.Privileges();
        Attach("lo");
        File.Delete($"{Private.Root.Directory}/{Space.Inode}/lo/program");
        Assert.Throws<MissingException>(() => PinnedFirewall.Open(Private.Root, Space.Inode, "lo"));
        PinnedFirewall.Discard(Private.Root, Space.Inode, "lo");
        Assert.True(Carried.IsEmpty);
        Assert.False(Directory.Exists(Private.Root.Directory));
    }

    [SkippableFact]
    public void Directories_are_for_their_owner_only()
    {
        KernelRequired.Privileges();
        Attach("lo");
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Private.Root.Directory));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode($"{Private.Root.Directory}/{Space.Inode}/lo/maps"));
    }

    [SkippableFact]
    public void Interfaces_may_have_dots_in_their_names()
    {
        KernelRequired.Tools("ip");
        Space.Run(() => IpCommand.Batch("link add eth0.10 type veth peer name far0"));
        Attach("eth0.10");
        using var found = PinnedFirewall.Open(Private.Root, Space.Inode, "eth0.10");
        Assert.Equal((Space.Inode, "eth0.10"), Assert.Single(Private.Root.List()));
        found.Remove();
    }

    [Theory]
    [InlineData("eth0", "eth0")]
    [InlineData("eth0.10", "eth0%2e10")]
    [InlineData("odd%2ename", "odd%252ename")]
    public void Names_survive_the_way_into_the_file_system_and_back(string name, string encoded)
    {
        Assert.Equal(encoded, PinName.Encode(name));
        Assert.Equal(name, PinName.Decode(encoded));
    }

    [SkippableFact]
    public void A_bpffs_is_mounted_where_none_is()
    {
        KernelRequired.Privileges();
        var place = Directory.CreateTempSubdirectory("fwc-bpffs-").FullName;
        var mounted = (Before: true, After: false);
        try
        {
            // In a mount namespace of this thread's own, which ends with the thread.
            var thread = new Thread(() =>
            {
                const int NewMounts = 0x20000;
                const nuint PrivateAndBelow = (1 << 18) | (1 << 14);
                if (LibC.Unshare(NewMounts) == 0 && LibC.Mount("none", "/", null, PrivateAndBelow, null) == 0)
                {
                    var before = Bpffs.IsMounted(place);
                    Bpffs.Mount(place);
                    Bpffs.Mount(place);
                    mounted = (before, Bpffs.IsMounted(place));
                }
            });
            thread.Start();
            thread.Join();
            Assert.Equal((false, true), mounted);
            Assert.False(Bpffs.IsMounted(place));
        }
        finally
        {
            Directory.Delete(place);
        }
    }

    public void Dispose()
    {
        _bpffs?.Dispose();
        _space?.Dispose();
    }

    /// <summary>Attaches and pins as the command line does, then lets go of everything; the id of the program remains.</summary>
    private uint Attach(string interfaceName)
    {
        using var loaded = LoadedObject.Load(Programs.Counting());
        using var link = Space.Run(() => XdpLink.Attach(loaded.Entry, NetworkInterfaces.Get(interfaceName)));
        PinnedFirewall.Pin(Private.Root, Space.Inode, interfaceName, link, loaded, Note);
        return loaded.Entry.Id;
    }
}
