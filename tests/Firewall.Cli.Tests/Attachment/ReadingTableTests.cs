using Firewall.Cli.Attachment;
using Firewall.Kernel.Tests.Oracle;

namespace Firewall.Cli.Tests.Attachment;

/// <summary>Counters look as those of iptables do.</summary>
public sealed class ReadingTableTests
{
    /// <summary>What passes XDP is judged, and counted, by iptables once more: both must show the same numbers in the same columns.</summary>
    [SkippableFact]
    public void Chains_are_listed_as_iptables_lists_them()
    {
        const string Rules = """
            :INPUT ACCEPT
            :zlast -
            :averyveryverylongchainname -
            -A INPUT -i lo -j ACCEPT
            -A INPUT ! -i averylongname0 -p udp -j averyveryverylongchainname
            -A INPUT -s 10.0.0.0/8 ! -d 192.168.100.100/32 -p tcp -g zlast
            -A INPUT ! -s 192.168.100.128/25 -p 99 -j RETURN
            -A INPUT ! -f -p icmp
            -A INPUT -f -j ACCEPT
            -A INPUT -s 10.0.0.1/255.0.255.0 -j RETURN
            -A INPUT ! -p esp -j ACCEPT
            -A INPUT -j zlast
            -A OUTPUT -j zlast
            -A averyveryverylongchainname -d 192.0.2.1
            """;
        using var host = new GuardedHost();
        host.Tool("iptables-legacy-restore", $"*filter\n{Rules}\nCOMMIT\n");
        host.Attach(Rules);
        for (var i = 0; i < 12; i++) { Assert.True(host.Lets(Frames.UdpTo(i))); }
        Assert.True(host.Lets(Frames.TcpTo(80)));
        Assert.True(host.Lets(Frames.Ipv4(99, new byte[1200])));
        Assert.True(host.Lets(Frames.Ipv4(Frames.Icmp, [0, 0, 0, 0, 0, 0, 0, 0])));

        var text = new MemoryStream();
        ReadingTable.Write(host.Counters(), text);
        var ours = Chains(System.Text.Encoding.Latin1.GetString(text.ToArray()));
        var theirs = Chains(host.Tool("iptables-legacy", "", "-L", "-v", "-n", "-x"));
        Assert.Equal(["averyveryverylongchainname", "INPUT", "zlast"], ours.Keys.Order(StringComparer.OrdinalIgnoreCase));
        foreach (var (chain, lines) in ours) { Assert.Equal(theirs[chain], lines); }
    }

    private static Dictionary<string, string> Chains(string listing) => listing.Split("\n\n")
        .Where(part => part.StartsWith("Chain ", StringComparison.Ordinal))
        .ToDictionary(part => part.Split(' ')[1], part => part.TrimEnd('\n'));
}
