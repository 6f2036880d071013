using Firewall.Rules.Packets;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

public sealed class ExplainTests : IDisposable
{
    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void Every_rule_asked_is_shown_with_its_answer() => Golden.Verify(Explained("tcp 192.0.2.50:51044 > 203.0.113.10:80 in eth0 flags S ttl 64"));

    [Fact]
    public void The_policy_decides_what_no_rule_did() => Golden.Verify(Explained("udp > :53 in eth0"));

    [Fact]
    public void A_deferred_packet_has_its_reason() => Golden.Verify(Explained("tcp > :22"));

    [Fact]
    public void A_packet_of_a_capture_is_explained()
    {
        var capture = _fwc.File("p.pcap", Captures.Pcap([Packet.Udp(1, 2), Packet.Tcp(1, 22)]));
        var answer = _fwc.Run("explain", _fwc.File("rules.txt"), "--pcap", capture, "--index", "1", "--interface", "eth0");
        Assert.StartsWith("packet 1: tcp 10.0.0.2:1 > 192.0.2.1:22\nACCEPT  by rules.txt:7  (filter/INPUT rule 2)\n", answer.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, _fwc.Run("explain", _fwc.Path("rules.txt"), "--pcap", capture, "--index", "9").Code);
    }

    [Theory]
    [InlineData("icmp 8/0 192.0.2.1 > 198.51.100.1 in eth0", "-p icmp -m icmp --icmp-type 8 -j ACCEPT", "ACCEPT")]
    [InlineData("icmp 0 192.0.2.1 > 198.51.100.1 in eth0", "-p icmp -m icmp --icmp-type 8 -j ACCEPT", "DROP")]
    [InlineData("ip 47 in eth0", "-p gre -j ACCEPT", "ACCEPT")]
    [InlineData("gre in eth0", "-p gre -j ACCEPT", "ACCEPT")]
    [InlineData("tcp in eth0 flags SA", "-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -j ACCEPT", "ACCEPT")]
    [InlineData("udp in eth0 ttl 3", "-m ttl --ttl-lt 5 -j ACCEPT", "ACCEPT")]
    [InlineData("udp in eth0 payload 72", "-m length --length 100 -j ACCEPT", "ACCEPT")]
    [InlineData("udp in eth0 mac 02:00:00:00:00:77", "-m mac --mac-source 02:00:00:00:00:77 -j ACCEPT", "ACCEPT")]
    [InlineData("udp in eth0 tos 0x10", "-j ACCEPT", null)]
    public void Packets_are_described_in_words(string packet, string rule, string? verdict)
    {
        var answer = _fwc.Run("explain", _fwc.File("rules.txt", $"*filter\n:INPUT DROP [0:0]\n-A INPUT {rule}\nCOMMIT\n"), packet);
        Assert.Equal(verdict is null ? ExitCode.BadInput : ExitCode.Done, answer.Code);
        Assert.StartsWith(verdict ?? "", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void IPv6_addresses_stand_in_brackets_when_a_port_follows()
    {
        var rules = _fwc.File("six.txt", "*filter\n:INPUT DROP [0:0]\n-A INPUT -s 2001:db8::1/128 -p udp -m udp --dport 53 -j ACCEPT\nCOMMIT\n");
        Assert.StartsWith("ACCEPT", _fwc.Run("explain", rules, "udp [2001:db8::1]:99 > [2001:db8::2]:53").Out, StringComparison.Ordinal);
        Assert.StartsWith("DROP", _fwc.Run("explain", rules, "icmp6 128/0 2001:db8::1 > 2001:db8::2").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frob", "no protocol 'frob'")]
    [InlineData("tcp 1.2.3.4:99999 > 1.2.3.4:1", "'99999' is not a port")]
    [InlineData("tcp 1.2.3 > 1.2.3.4:1", "'1.2.3' is not an address")]
    [InlineData("tcp 1.2.3.4:1 > [2001:db8::1]:1", "different families")]
    [InlineData("tcp 1.2.3.4:1 >", "it ends where a destination is wanted")]
    [InlineData("udp flags S", "only TCP has flags")]
    [InlineData("tcp flags Z", "FSRPAUEC")]
    [InlineData("tcp wings 2", "'wings' is none of")]
    [InlineData("icmp x", "type and code")]
    public void A_bad_description_says_what_is_wrong(string packet, string message)
    {
        var answer = _fwc.Run("explain", _fwc.File("rules.txt"), packet);
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains(message, answer.Error, StringComparison.Ordinal);
        Assert.Contains("a packet is like", answer.Error, StringComparison.Ordinal);
    }

    private string Explained(string packet)
    {
        var answer = _fwc.Run("explain", _fwc.File("rules.txt"), packet);
        Assert.Equal("", answer.Error);
        return answer.Out;
    }
}
