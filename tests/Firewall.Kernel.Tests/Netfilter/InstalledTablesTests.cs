using Firewall.Kernel.Netfilter;
using Firewall.Kernel.Network;

namespace Firewall.Kernel.Tests.Netfilter;

public sealed class InstalledTablesTests
{
    [SkippableTheory]
    [InlineData(AddressFamily.Ipv4, Backend.Legacy, "iptables-legacy")]
    [InlineData(AddressFamily.Ipv6, Backend.Legacy, "ip6tables-legacy")]
    [InlineData(AddressFamily.Ipv4, Backend.Nft, "iptables-nft")]
    [InlineData(AddressFamily.Ipv6, Backend.Nft, "ip6tables-nft")]
    public void The_installed_filter_table_is_found_in_its_own_backend_only(AddressFamily family, Backend backend, string tool)
    {
        KernelRequired.Tools($"{tool}-restore", $"{tool}-save");
        using var space = NetworkNamespace.Create();
        space.Run(() => SystemTool.Find($"{tool}-restore")!.Try(
            "*filter\n:INPUT DROP\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n",
            System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("XTABLES_LOCKFILE", "/proc/self/ns/net")));
        var text = space.Run(() => InstalledTables.FilterTable(family, backend));
        Assert.NotNull(text);
        Assert.StartsWith("*filter\n:INPUT DROP", text, StringComparison.Ordinal);
        Assert.Contains("-A INPUT -p tcp -j ACCEPT\n", text, StringComparison.Ordinal);
        Assert.EndsWith("COMMIT\n", text, StringComparison.Ordinal);
        var other = backend == Backend.Legacy ? Backend.Nft : Backend.Legacy;
        Assert.Null(space.Run(() => InstalledTables.FilterTable(family, other)));
    }

    [SkippableFact]
    public void Looking_creates_nothing()
    {
        KernelRequired.Privileges();
        using var space = NetworkNamespace.Create();
        foreach (var family in Enum.GetValues<AddressFamily>())
        {
            foreach (var backend in Enum.GetValues<Backend>())
            {
                Assert.Null(space.Run(() => InstalledTables.FilterTable(family, backend)));
                Assert.Null(space.Run(() => InstalledTables.FilterTable(family, backend)));
            }
        }

        Assert.Empty(space.Run(() => File.ReadAllText("/proc/thread-self/net/ip_tables_names")));
    }

    [Fact]
    public void The_filter_table_is_cut_out_of_a_text_of_many_tables() => Assert.Equal(
        "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
        InstalledTables.CutOut("# Generated\n*nat\nCOMMIT\n*filter\n# c\n:INPUT ACCEPT [0:0]\nCOMMIT\n*raw\nCOMMIT\n", "filter"));
}
