using Firewall.Cli.Attachment;
using Firewall.Kernel.Network;
using Firewall.Kernel.Probe;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>Refusals that this machine cannot provoke, from facts made by hand.</summary>
public sealed class RequirementsTests
{
    private static readonly NetworkInterface Eth0 = new() { Index = 2, Name = "eth0", HardwareType = 1, Flags = InterfaceFlags.Up };

    private static readonly Feature Present = new(IsAvailable: true, "it is there");

    private static readonly KernelFeatures Modern = new(KernelRelease.Parse("6.18.0"), Present, Present, Present, Present, Present, Present, Present, Present);

    [Fact]
    public void A_vlan_on_top_is_refused_with_its_name() =>
        Refused(Eth0, Eth0 with { Index = 3, Name = "eth0.10", Kind = "vlan", Lower = 2, VlanId = 10 }, "frames tagged 10 belong to eth0.10", "attach to eth0.10 instead");

    [Fact]
    public void A_member_of_a_bond_is_refused_with_the_bonds_name() =>
        Refused(Eth0 with { Master = 3 }, Eth0 with { Index = 3, Name = "bond0", Kind = "bond" }, "member of bond bond0", "attach to bond0 instead");

    [Fact]
    public void A_member_of_a_vrf_is_refused() =>
        Refused(Eth0 with { Master = 3 }, Eth0 with { Index = 3, Name = "red", Kind = "vrf" }, "belongs to vrf red", "take eth0 out of red");

    [Fact]
    public void A_device_without_ethernet_headers_is_refused() =>
        Refused(Eth0 with { HardwareType = 65534 }, Eth0 with { Index = 3, Name = "eth1" }, "no Ethernet header", "only interfaces with Ethernet headers");

    [Fact]
    public void Devices_elsewhere_do_not_matter()
    {
        InterfaceRequirements.Demand(Eth0, [Eth0, Eth0 with { Index = 3, Name = "eth1.10", Kind = "vlan", Lower = 4 }]);
        InterfaceRequirements.Demand(Eth0, [Eth0, Eth0 with { Index = 3, Name = "inside", Kind = "vlan", Lower = 2, LowerNamespace = 1 }]);
    }

    [Fact]
    public void What_the_kernel_lacks_is_named()
    {
        KernelRequirements.Demand(Modern);
        Lacking(Modern with { Privilege = new(IsAvailable: false, "missing CAP_BPF; run as root") }, "missing CAP_BPF");
        Lacking(Modern with { XdpLink = new(IsAvailable: false, "XDP links came with Linux 5.9, this is 5.4") }, "XDP links came with Linux 5.9");
        Lacking(Modern with { Loop = new(IsAvailable: false, "bpf_loop came with Linux 5.17") }, "bpf_loop came with Linux 5.17");

        static void Lacking(KernelFeatures features, string reason)
        {
            var refusal = Assert.Throws<CommandFailedException>(() => KernelRequirements.Demand(features));
            Assert.Equal(ExitCode.KernelRefused, refusal.Code);
            Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        }
    }

    private static void Refused(NetworkInterface subject, NetworkInterface other, string reason, string remedy)
    {
        var refusal = Assert.Throws<CommandFailedException>(() => InterfaceRequirements.Demand(subject, [subject, other]));
        Assert.Equal(ExitCode.KernelRefused, refusal.Code);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, refusal.Help, StringComparison.Ordinal);
    }
}
