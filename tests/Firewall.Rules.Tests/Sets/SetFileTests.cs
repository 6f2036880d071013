using Firewall.Rules.Diagnostics;
using Firewall.Rules.Sets;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Sets;

/// <summary>Files of sets: read, printed, refused with the place underlined.</summary>
public sealed class SetFileTests
{
    /// <summary>As ipset 7.17 saves it (Linux 6.18).</summary>
    private const string Saved =
        """
        create h1 hash:ip family inet6 hashsize 64 maxelem 10 netmask 64 timeout 0 counters comment skbinfo bucketsize 12 initval 0xca005e8d
        add h1 2001:db8:: timeout 97 packets 5 bytes 6 comment "hello b" skbmark 0x10/0xff skbprio 1:10 skbqueue 3
        create h2 hash:ip family inet hashsize 1024 maxelem 65536 bitmask 255.0.255.0 bucketsize 12 initval 0x32c48be8
        add h2 10.0.2.0
        create h3 hash:net family inet hashsize 1024 maxelem 65536 timeout 50 counters comment skbinfo bucketsize 12 initval 0x814193d0
        add h3 10.0.0.0/8 timeout 0 nomatch packets 3 bytes 0 comment "a b" skbmark 0x5
        create h4 hash:net,iface family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xe0078eac
        add h4 10.0.0.4/30,x
        add h4 1.2.3.5,br nomatch wildcard
        add h4 0.0.0.0/0,physdev:eth1 nomatch
        create h5 hash:ip,port family inet hashsize 1024 maxelem 65536 timeout 5 comment bucketsize 12 initval 0x0ca52578
        add h5 10.0.0.1,sctp:9 timeout 3
        add h5 10.0.0.1,icmp:echo-request timeout 3
        add h5 10.0.0.1,200:0 timeout 3
        add h5 10.0.0.1,icmp:fragmentation-needed timeout 3
        add h5 10.0.0.1,gre:0 timeout 3
        create h6 hash:ip,port,net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x8e1a4c7d
        add h6 10.0.0.1,tcp:80,192.168.0.8/31
        add h6 10.0.0.1,udp:123,192.168.0.0/24 nomatch
        create b1 bitmap:ip range 10.0.0.0-10.0.0.255 netmask 28 timeout 30 counters comment skbinfo
        add b1 10.0.0.16 timeout 28 packets 0 bytes 0
        create b2 bitmap:port range 0-1000 timeout 3
        add b2 80 timeout 0
        create b3 bitmap:ip,mac range 10.0.0.0-10.0.0.255 timeout 9
        add b3 10.0.0.5 timeout 9
        add b3 10.0.0.6,00:11:22:33:44:5F timeout 8
        create h9 hash:ip,port family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0xc880dcbc netmask 64
        add h9 2001:db8::,ipv6-icmp:echo-request
        add h9 2001:db8::,ipv6-icmp:address-unreachable
        create l1 list:set size 4 timeout 3 counters comment
        add l1 h2 timeout 2 packets 0 bytes 0
        add l1 h1 timeout 2 packets 0 bytes 0

        """;

    [Fact]
    public void A_saved_file_prints_as_it_was()
    {
        var file = Read(Saved);
        Assert.Equal([], file.Diagnostics.Select(d => d.Message));
        Assert.Equal(Saved, SetText.Save(file.Sets));
    }

    [Theory]
    [InlineData("hash:ip", "10.0.0.0/30", "10.0.0.0 10.0.0.1 10.0.0.2 10.0.0.3")]
    [InlineData("hash:ip", "10.0.0.9-10.0.0.8", "10.0.0.8 10.0.0.9")]
    [InlineData("hash:ip netmask 31", "10.0.0.1-10.0.0.4", "10.0.0.0 10.0.0.2 10.0.0.4")]
    [InlineData("hash:net", "10.0.0.4-10.0.0.10", "10.0.0.4/30 10.0.0.8/31 10.0.0.10")]
    [InlineData("hash:net", "10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("hash:ip,port", "10.0.0.1,80-81", "10.0.0.1,tcp:80 10.0.0.1,tcp:81")]
    [InlineData("hash:ip,port", "10.0.0.1,udp:ntp", "10.0.0.1,udp:123")]
    [InlineData("hash:ip,port", "10.0.0.1,icmp:3/4", "10.0.0.1,icmp:fragmentation-needed")]
    [InlineData("hash:ip,port", "10.0.0.1,47:0", "10.0.0.1,gre:0")]
    [InlineData("hash:net,iface", "0.0.0.0/0,eth0", "0.0.0.0/0,eth0")]
    [InlineData("hash:mac", "1:2:3:a:b:c", "01:02:03:0A:0B:0C")]
    [InlineData("hash:ip,mark", "10.0.0.1,16", "10.0.0.1,0x00000010")]
    [InlineData("hash:net,net", "10.0.0.0/8,192.0.2.0-192.0.2.2", "10.0.0.0/8,192.0.2.0/31 10.0.0.0/8,192.0.2.2")]
    public void Ranges_become_elements(string header, string element, string printed)
    {
        var set = Assert.Single(Read($"create s {header}\nadd s {element}\n").Sets.Sets);
        Assert.Equal(printed.Split(' '), set.Entries.Select(e => SetText.Element(set, e)));
    }

    [Theory]
    [InlineData("create s hash:ips", "hash:ips")]
    [InlineData("create s hash:ip family inet7", "inet7")]
    [InlineData("create s hash:net netmask 24", "netmask")]
    [InlineData("create s bitmap:port", "bitmap:port")]
    [InlineData("create s hash:ip timeout 2147484", "2147484")]
    [InlineData("create s hash:ip|add s 0.0.0.0", "0.0.0.0")]
    [InlineData("create s hash:ip|add s 10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("create s hash:ip|add s ::1", "::1")]
    [InlineData("create s hash:ip|add s 1.2.3.4,5", "1.2.3.4,5")]
    [InlineData("create s hash:ip|add s 1.2.3.4 timeout 4", "timeout")]
    [InlineData("create s hash:ip|add s 1.2.3.4 nomatch", "nomatch")]
    [InlineData("create s hash:ip|add t 1.2.3.4", "t")]
    [InlineData("create s hash:ip|add s 1.2.3.4|add s 1.2.3.4", "1.2.3.4")]
    [InlineData("create s hash:ip maxelem 1|add s 1.2.3.4|add s 1.2.3.5", "1.2.3.5")]
    [InlineData("create s hash:ip,port|add s 1.2.3.4,tcp:99999", "tcp:99999")]
    [InlineData("create s hash:ip,port|add s 1.2.3.4,gre:5", "gre:5")]
    [InlineData("create s hash:ip,port|add s 1.2.3.4,icmpv6:1/0", "icmpv6:1/0")]
    [InlineData("create s hash:net|add s 0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("create s bitmap:ip range 10.0.0.0/16|add s 11.0.0.0", "11.0.0.0")]
    [InlineData("create s bitmap:ip range 10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("create s list:set|add s s", "s")]
    [InlineData("create s hash:ip|create s hash:net", "s")]
    [InlineData("create s hash:ip comment|add s 1.1.1.1 comment \"a", "\"a")]
    [InlineData("ad s 1.1.1.1", "ad")]
    public void What_is_wrong_is_underlined(string lines, string words)
    {
        var file = Read(lines.Replace('|', '\n'));
        var error = Assert.Single(file.Diagnostics);
        Assert.True(error.IsError);
        Assert.Equal(words, file.Source.Decode(error.Primary));
        using var kernel = new LegacyIptables();
        var known = SetType.All.Any(t => lines.StartsWith($"create s {t} ", StringComparison.Ordinal));
        Assert.False(known && kernel.RestoreSets(lines.Replace('|', '\n') + "\n").Accepted, "ipset takes it");
    }

    [Fact]
    public void All_errors_are_found_in_one_run() =>
        Assert.Equal(["FWC0242", "FWC0243", "FWC0245", "FWC0244"], Read("create a hash:x\nadd a 1\ncreate b hash:ip\nadd b 1.2\nadd b 1.2.3.4 packets 5\n").Diagnostics.Select(d => d.Code.Code));

    [Fact]
    public void Later_lines_change_earlier_ones()
    {
        var file = Read("create a hash:ip\nadd a 1.1.1.1\nadd a 1.1.1.2\ndel a 1.1.1.1\ncreate b hash:ip\nswap a b\ncreate l list:set\nadd l a\nadd l b before a\n");
        Assert.Empty(file.Diagnostics);
        Assert.Equal(["a: ", "b: 1.1.1.2", "l: b,a"], file.Sets.Sets.Select(s => $"{s.Name}: {string.Join(',', s.Entries.Select(e => SetText.Element(s, e)))}"));
    }

    private static SetFile Read(string text) => SetFileReader.Read(SourceText.From(text, "sets.txt"));
}
