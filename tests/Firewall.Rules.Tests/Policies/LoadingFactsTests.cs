using Firewall.Rules.Meaning;

namespace Firewall.Rules.Tests.Policies;

/// <summary>The facts L* and M* of <c>reference/semantics.md</c>: what the loaders of iptables 1.8.9 were seen to accept and refuse.</summary>
public class LoadingFactsTests
{
    /// <summary>Lines of the filter table (or a whole file where the first begins with <c>*</c>) and the code of the error they are.</summary>
    [Theory]
    [InlineData("L01", "-A INPUT -j nosuch", "FWC0202")]
    [InlineData("L02", ":a -|:b -|-A INPUT -j a|-A a -j b|-A b -j a", "FWC0223")]
    [InlineData("L04", ":a -|-A INPUT -j a|-A a -j a", "FWC0223")]
    [InlineData("L05", "-A INPUT -p tcp --dport 20:10 -j ACCEPT", "FWC0203")]
    [InlineData("L06", "-A INPUT -p tcp --dport 65536 -j ACCEPT", "FWC0203")]
    [InlineData("L07", "-A INPUT --dport 80 -j ACCEPT", "FWC0111")]
    [InlineData("L08", "-A INPUT ! -p tcp --dport 80 -j ACCEPT", "FWC0205")]
    [InlineData("L09", "-A INPUT -m tcp --dport 80 -j ACCEPT", "FWC0205")]
    [InlineData("L10", "-A INPUT -p all --dport 80 -j ACCEPT", "FWC0111")]
    [InlineData("L11", "-A INPUT -m multiport --dports 80 -j ACCEPT", "FWC0205")]
    [InlineData("L12", "-A INPUT -p icmp -m multiport --dports 80 -j ACCEPT", "FWC0205")]
    [InlineData("L13", "-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 -j ACCEPT", "FWC0203")]
    [InlineData("L15", "-A INPUT -p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16 -j ACCEPT", "FWC0203")]
    [InlineData("L16", "-A INPUT -p tcp -m multiport --dports 20:10 -j ACCEPT", "FWC0203")]
    [InlineData("L17", "-A INPUT -o eth0 -j ACCEPT", "FWC0214")]
    [InlineData("L18", "-A OUTPUT -i eth0 -j ACCEPT", "FWC0214")]
    [InlineData("L20", "-A INPUT -i abcdefghijklmnop -j ACCEPT", "FWC0212")]
    [InlineData("L21", "-A INPUT ! -p all -j ACCEPT", "FWC0211")]
    [InlineData("L22", "-A INPUT ! -p 0 -j ACCEPT", "FWC0211")]
    [InlineData("L23", "-A INPUT -p 256 -j ACCEPT", "FWC0210")]
    [InlineData("L24", "-A INPUT -p nosuchproto -j ACCEPT", "FWC0210")]
    [InlineData("L25", "-A INPUT ! -s 10.0.0.1,10.0.0.2 -j ACCEPT", "FWC0215")]
    [InlineData("L29", "-A INPUT -s 10.0.0.0/33 -j ACCEPT", "FWC0208")]
    [InlineData("L34", "*nat|-A PREROUTING -j DROP|COMMIT", "FWC0224")]
    [InlineData("L36", ":INPUT REJECT [0:0]", "FWC0230")]
    [InlineData("L37", "*filter|:INPUT DROP [0:0]|-A INPUT -j ACCEPT", "FWC0006")]
    [InlineData("L38", "-A INPUT -j u|:u - [0:0]", "FWC0202")]
    [InlineData("L39", ":u - [0:0]|-A u -j ACCEPT|:u - [0:0]|-A u -j DROP", "FWC0225")]
    [InlineData("L43", ":aaaaaaaaaaaaaaaaaaaaaaaaaaaaa -", "FWC0226")]
    [InlineData("L53", "-A INPUT -m limit ! --limit 1/s -j ACCEPT", "FWC0115")]
    [InlineData("L55", "-A INPUT -p icmp --icmp-type 256", "FWC0203")]
    [InlineData("L57", "-A INPUT -p tcp --dport 80 --dport 81 -j ACCEPT", "FWC0114")]
    [InlineData("L58", "-A INPUT -s 1.1.1.1 -s 2.2.2.2 -j ACCEPT", "FWC0114")]
    [InlineData("L59", "-A INPUT -j ACCEPT -j DROP", "FWC0114")]
    [InlineData("L69", "-A INPUT -g ACCEPT", "FWC0221")]
    [InlineData("L70", "-N ACCEPT", "FWC0225")]
    [InlineData("L86", "hello", "FWC0102")]
    [InlineData("L87", "-A INPUT -m nosuchmatch -j ACCEPT", "FWC0201")]
    [InlineData("L88", "-A INPUT -j NOSUCHTARGET", "FWC0202")]
    [InlineData("L94", "-A INPUT -p udplite --dport 80 -j ACCEPT", "FWC0111")]
    [InlineData("L95", "-A INPUT -p icmp -m icmp -j ACCEPT", "FWC0204")]
    [InlineData("L97", "-A OUTPUT -m mac --mac-source 02:00:00:00:00:01 -j ACCEPT", "FWC0207")]
    [InlineData("L99", "*filter|COMMIT|-A INPUT -j DROP", "FWC0103")]
    [InlineData("M01", "-A INPUT -p tcp -m udp --dport 53 -j ACCEPT", "FWC0205")]
    [InlineData("M02", "-A INPUT -p udplite -m udp --dport 53 -j ACCEPT", "FWC0205")]
    [InlineData("M03", "-A INPUT -p tcp --dport 80,443 -j ACCEPT", "FWC0203")]
    [InlineData("M04", "-A INPUT -m multiport --dports 80 -p tcp -j ACCEPT", "FWC0205")]
    [InlineData("M05", "-A INPUT --dport 80 -p tcp -j ACCEPT", "FWC0111")]
    [InlineData("M09", "-A INPUT -i \"\" -j ACCEPT", "FWC0212")]
    [InlineData("M12", "-A INPUT -p tcp,udp -j ACCEPT", "FWC0210")]
    [InlineData("M13", "-A input -j ACCEPT", "FWC0221")]
    [InlineData("M14", "-A INPUT -j accept", "FWC0202")]
    [InlineData("M21", "-A INPUT -p udp -j ACCEPT # dns", "FWC0107")]
    [InlineData("M23", "-A INPUT -p udp extra -j ACCEPT", "FWC0102")]
    [InlineData("M24", "-A INPUT -p udp --reject-with icmp-host-unreachable -j REJECT", "FWC0111")]
    [InlineData("M25", "*nosuch|:INPUT DROP [0:0]|COMMIT", "FWC0104")]
    [InlineData("M26", "*nat|:FORWARD ACCEPT [0:0]|COMMIT", "FWC0230")]
    [InlineData("M27", "*mangle|:m - [0:0]|COMMIT|*filter|-A INPUT -j m|COMMIT", "FWC0202")]
    [InlineData("M28", "-A INPUT -j FORWARD", "FWC0222")]
    [InlineData("M32", "-A INPUT -m mac -j ACCEPT", "FWC0204")]
    [InlineData("M33", "-A INPUT -m length -j ACCEPT", "FWC0204")]
    [InlineData("M34", "-A INPUT -m ttl --ttl-eq 256 -j ACCEPT", "FWC0203")]
    [InlineData("M35", "-A INPUT -m dscp --dscp 64 -j ACCEPT", "FWC0203")]
    public void What_legacy_refuses_is_an_error(string fact, string lines, string code)
    {
        var binding = Reading.Bind(FileOf(lines));

        Assert.Null(binding.Policy);
        Assert.Equal([code], binding.Diagnostics.Where(d => d.IsError).Select(d => d.Code.Code).Distinct());
        Assert.NotEmpty(fact);
    }

    /// <summary>What legacy refuses and this reader takes with a warning, because it helps a person migrate.</summary>
    [Theory]
    [InlineData("L30", "-A INPUT -s ! 10.0.0.0/8 -j ACCEPT", "FWC0116", "-A INPUT ! -s 10.0.0.0/8 -j ACCEPT")]
    [InlineData("L31", "-A INPUT -p tcp --dport ! 80 -j ACCEPT", "FWC0116", "-A INPUT -p tcp -m tcp ! --dport 80 -j ACCEPT")]
    [InlineData("L35", "*filter|:u DROP [0:0]|COMMIT", "FWC0119", null)]
    [InlineData("L46", "*filter|  :INPUT DROP [0:0]|\t-A INPUT -p udp -j ACCEPT|#x|COMMIT", "FWC0108", "-A INPUT -p udp -j ACCEPT")]
    [InlineData("L47", "*filter\r|:INPUT DROP [0:0]\r|-A INPUT -p udp -j ACCEPT\r|COMMIT\r", "FWC0003", "-A INPUT -p udp -j ACCEPT")]
    [InlineData("L62", "-A INPUT -ptcp -j ACCEPT", "FWC0117", "-A INPUT -p tcp -j ACCEPT")]
    [InlineData("M19", "*filter|:INPUT DROP [0:0]|COMMIT ", "FWC0109", null)]
    public void What_helps_to_migrate_is_a_warning(string fact, string lines, string code, string? rule)
    {
        Assert.Equal([code], Reading.Codes(FileOf(lines)));
        Assert.Equal(rule is null ? [] : [rule], Reading.Rules(FileOf(lines)));
        Assert.NotEmpty(fact);
    }

    [Fact]
    public void M22_A_last_COMMIT_without_newline_is_a_warning() => Assert.Equal(["FWC0005"], Reading.Codes("*filter\n:INPUT DROP [0:0]\nCOMMIT"));

    /// <summary>Lines and the rules that iptables-save printed for them.</summary>
    [Theory]
    [InlineData("L03", ":a -|:b -|-A a -j b|-A b -j a", "-A a -j b|-A b -j a")]
    [InlineData("L14", "-A INPUT -p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15 -j ACCEPT",
        "-A INPUT -p tcp -m multiport --dports 1:2,3:4,5:6,7:8,9:10,11:12,13:14,15 -j ACCEPT")]
    [InlineData("L19", "-A FORWARD -i eth0 -o eth1 -j ACCEPT", "-A FORWARD -i eth0 -o eth1 -j ACCEPT")]
    [InlineData("L26", "-A INPUT -s 10.0.0.1,10.0.0.2 -d 10.1.0.1,10.1.0.2 -j ACCEPT",
        "-A INPUT -s 10.0.0.1/32 -d 10.1.0.1/32 -j ACCEPT|-A INPUT -s 10.0.0.1/32 -d 10.1.0.2/32 -j ACCEPT|"
        + "-A INPUT -s 10.0.0.2/32 -d 10.1.0.1/32 -j ACCEPT|-A INPUT -s 10.0.0.2/32 -d 10.1.0.2/32 -j ACCEPT")]
    [InlineData("L27", "-A INPUT -s 10.1.2.3/255.255.0.0 -d 10.0.0.9/255.0.0.255 -j ACCEPT", "-A INPUT -s 10.1.0.0/16 -d 10.0.0.9/255.0.0.255 -j ACCEPT")]
    [InlineData("L28", "-A INPUT -s 10/8 -j ACCEPT|-A INPUT -s 10.1 -j ACCEPT", "-A INPUT -s 10.0.0.0/8 -j ACCEPT|-A INPUT -s 10.1.0.0/32 -j ACCEPT")]
    [InlineData("L40", "*filter|-A INPUT -s 1.1.1.1 -j DROP|COMMIT|*filter|-A INPUT -s 2.2.2.2 -j DROP|COMMIT", "-A INPUT -s 2.2.2.2/32 -j DROP")]
    [InlineData("L41", "-A INPUT -s 1.1.1.1 -j DROP", "-A INPUT -s 1.1.1.1/32 -j DROP")]
    [InlineData("L42", "-N aaaaaaaaaaaaaaaaaaaaaaaaaaaa|-A INPUT -j aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "-A INPUT -j aaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("L45", "[3:300] -A INPUT -p udp -j ACCEPT|-A INPUT -c 5 500 -p tcp -j ACCEPT", "-A INPUT -p udp -j ACCEPT|-A INPUT -p tcp -j ACCEPT")]
    [InlineData("L48", "-A INPUT -s 1.1.1.1 -j DROP|-I INPUT -s 2.2.2.2 -j DROP|-I INPUT 2 -s 3.3.3.3 -j DROP",
        "-A INPUT -s 2.2.2.2/32 -j DROP|-A INPUT -s 3.3.3.3/32 -j DROP|-A INPUT -s 1.1.1.1/32 -j DROP")]
    [InlineData("L49", "-4 -A INPUT -s 1.1.1.1 -j DROP|-6 -A INPUT -s ::1 -j DROP|-A INPUT -4 -s 2.2.2.2 -j DROP",
        "-A INPUT -s 1.1.1.1/32 -j DROP|-A INPUT -s 2.2.2.2/32 -j DROP")]
    [InlineData("L54", "-A INPUT -p icmp --icmp-type echo-request|-A INPUT -p icmp --icmp-type 3/4|-A INPUT -p icmp --icmp-type any|-A INPUT -p icmp --icmp-type ping",
        "-A INPUT -p icmp -m icmp --icmp-type 8|-A INPUT -p icmp -m icmp --icmp-type 3/4|-A INPUT -p icmp -m icmp --icmp-type any|-A INPUT -p icmp -m icmp --icmp-type 8")]
    [InlineData("L56", "-A INPUT -p tcp --syn|-A INPUT -p tcp ! --syn|-A INPUT -p tcp --tcp-flags ALL NONE",
        "-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN|-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN|-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE")]
    [InlineData("L60", "-A INPUT -m limit --limit 1/sec -m limit --limit 2/sec -j ACCEPT", "-A INPUT -m limit --limit 1/sec -m limit --limit 2/sec -j ACCEPT")]
    [InlineData("L61", "-A INPUT --protocol tcp --destination-port 80 --source 1.1.1.1 --jump ACCEPT|-A INPUT -p tcp --dst 2.2.2.2 --sport 1 -j ACCEPT|-A INPUT -p tcp --destination-p 80 -j ACCEPT",
        "-A INPUT -s 1.1.1.1/32 -p tcp -m tcp --dport 80 -j ACCEPT|-A INPUT -d 2.2.2.2/32 -p tcp -m tcp --sport 1 -j ACCEPT|-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")]
    [InlineData("L63", "-A INPUT -m mac --mac-source 0:1:2:a:B:c|-A INPUT -m iprange --src-range 1.1.1.1|-A INPUT -m length --length :100|-A INPUT -m ttl --ttl 5|-A INPUT -m dscp --dscp-class EF|-A INPUT -m tos --tos 8",
        "-A INPUT -m mac --mac-source 00:01:02:0a:0b:0c|-A INPUT -m iprange --src-range 1.1.1.1-1.1.1.1|-A INPUT -m length --length 0:100|-A INPUT -m ttl --ttl-eq 5|-A INPUT -m dscp --dscp 0x2e|-A INPUT -m tos --tos 0x08/0xff")]
    [InlineData("L71", "-N LOG|-A INPUT -j LOG", "-A INPUT -j LOG")]
    [InlineData("L75", "-A INPUT -m mark --mark 1|-A INPUT -m mark --mark 0x10/0x10|-A INPUT -m mark ! --mark 1/0xff",
        "-A INPUT -m mark --mark 0x1|-A INPUT -m mark --mark 0x10/0x10|-A INPUT -m mark ! --mark 0x1/0xff")]
    [InlineData("L83", "-A INPUT -j LOG|-A INPUT -j LOG --log-prefix \"a b\" --log-tcp-options", "-A INPUT -j LOG|-A INPUT -j LOG --log-prefix \"a b\" --log-tcp-options")]
    [InlineData("L89", "-A INPUT -m comment --comment \"a \\\"b\\\" c\\\\d\" -j ACCEPT|-A INPUT -m comment --comment 'x' -j ACCEPT",
        "-A INPUT -m comment --comment \"a \\\"b\\\" c\\\\d\" -j ACCEPT|-A INPUT -m comment --comment \"\\'x\\'\" -j ACCEPT")]
    [InlineData("L90", "-A INPUT -p tcp --sport : --dport 0 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 0 -j ACCEPT")]
    [InlineData("L93", "-A INPUT -p sctp --dport 80 -j ACCEPT|-A INPUT -p dccp --dport 80 -j ACCEPT", "-A INPUT -p sctp -m sctp --dport 80 -j ACCEPT|-A INPUT -p dccp -m dccp --dport 80 -j ACCEPT")]
    [InlineData("L98", "-A INPUT ! -f -j ACCEPT|-A INPUT -f -j ACCEPT", "-A INPUT ! -f -j ACCEPT|-A INPUT -f -j ACCEPT")]
    [InlineData("M06", "-A INPUT -m tcp --dport 80 -p tcp -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")]
    [InlineData("M07", "-A INPUT -j ACCEPT -p tcp --dport 80 -s 1.1.1.1", "-A INPUT -s 1.1.1.1/32 -p tcp -m tcp --dport 80 -j ACCEPT")]
    [InlineData("M08", "-A INPUT -i eth0:1 -j ACCEPT", "-A INPUT -i eth0:1 -j ACCEPT")]
    [InlineData("M10", "-A INPUT -s 1.2.3.4/0 -j ACCEPT|-A INPUT -s 0/0 -d 0.0.0.0/0.0.0.0 -j ACCEPT", "-A INPUT -j ACCEPT|-A INPUT -j ACCEPT")]
    [InlineData("M11", "-A INPUT -p TCP --dport 80 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")]
    [InlineData("M15", "-A INPUT\t-p\ttcp  --dport\t80 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT")]
    [InlineData("M16", ":INPUT DROP|-A INPUT -j ACCEPT", "-A INPUT -j ACCEPT")]
    [InlineData("M17", ":INPUT ACCEPT [0:0]|-P INPUT DROP|-N u|-A u -j ACCEPT|-A INPUT -j DROP|-F INPUT|-A INPUT -j u", "-A INPUT -j u|-A u -j ACCEPT")]
    [InlineData("M20", "  -A INPUT -p udp -j ACCEPT", "-A INPUT -p udp -j ACCEPT")]
    [InlineData("M36", "-A INPUT -m length --length 100:50 -j ACCEPT", "-A INPUT -m length --length 100:50 -j ACCEPT")]
    public void What_legacy_accepts_prints_as_it_prints(string fact, string lines, string rules)
    {
        Assert.Empty(Reading.Codes(FileOf(lines)));
        Assert.Equal(rules.Split('|'), Reading.Rules(FileOf(lines)));
        Assert.NotEmpty(fact);
    }

    [Theory]
    [InlineData("L76", "-A INPUT -s 10.0.0.1 -j DROP", "FWC0208", null)]
    [InlineData("L77", "-A INPUT -s 2001:DB8:0:0::1/64 -j DROP|-A INPUT -s ::ffff:1.2.3.4 -j DROP|-A INPUT -s 2001:db8::1/ffff:: -j DROP", null,
        "-A INPUT -s 2001:db8::/64 -j DROP|-A INPUT -s ::ffff:1.2.3.4/128 -j DROP|-A INPUT -s 2001::/16 -j DROP")]
    [InlineData("L78", "-A INPUT -f -j DROP", "FWC0216", null)]
    [InlineData("L79", "-A INPUT -p icmp -j DROP|-A INPUT -p ipv6-frag -j DROP", "FWC0217", "-A INPUT -p icmp -j DROP|-A INPUT -p ipv6-frag -j DROP")]
    [InlineData("L80", "-A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation|-A INPUT -p ipv6-icmp --icmpv6-type packet-too-big|-A INPUT -p icmpv6 --icmpv6-type 128/0", null,
        "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135|-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 2|-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128/0")]
    public void Facts_of_IPv6_rules(string fact, string lines, string? code, string? rules)
    {
        Assert.Equal(code is null ? [] : [code], Reading.Codes(FileOf(lines), Family.IPv6));
        if (rules is not null) { Assert.Equal(rules.Split('|'), Reading.Rules(FileOf(lines), Family.IPv6)); }
        Assert.NotEmpty(fact);
    }

    [Fact]
    public void L72_An_empty_file_is_a_policy_without_tables() => Assert.Empty(Reading.Bind("").Policy!.Tables);

    [Fact]
    public void L84_A_host_name_is_refused_unless_a_resolver_is_given()
    {
        var file = Reading.Filter("-A INPUT -s localhost -j ACCEPT");

        Assert.Equal(["FWC0209"], Reading.Codes(file));
        var resolved = Reading.Bind(file, resolver: _ => [System.Net.IPAddress.Loopback]);
        Assert.Equal("-s 127.0.0.1/32 -j ACCEPT", resolved.Policy!.Table("filter")!.Chain("INPUT")!.Rules[0].ToText());
    }

    private static string FileOf(string lines) => lines.StartsWith('*') ? lines.Replace('|', '\n') + "\n" : Reading.Filter(lines.Split('|'));
}
