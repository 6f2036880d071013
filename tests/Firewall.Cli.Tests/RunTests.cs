using System.Text.Json;
using Firewall.Rules.Packets;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

public sealed class RunTests : IDisposable
{
    private static readonly Packet Ssh = Packet.Tcp(40_000, 22);
    private static readonly Packet Web = Packet.Tcp(40_000, 80).From("192.0.2.50");
    private static readonly Packet WebFromInside = Packet.Tcp(40_000, 80).From("10.1.2.3");
    private static readonly Packet Dns = Packet.Udp(40_000, 53);
    private static readonly Packet[] All = [Ssh, Web, WebFromInside, Dns, Ssh.Fragment(0, more: true), Ssh.WithTag(7), Packet.Tcp6(1, 22), Ssh.Cut(9)];

    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void Each_packet_is_a_line_with_its_verdict_and_what_decided() => Golden.Verify(Judged("--interface", "eth0"));

    [Fact]
    public void JSON_is_one_object_a_packet() => Golden.Verify(Judged("--interface", "eth0", "--json"));

    [Fact]
    public void Counters_print_as_iptables_lists_them() => Golden.Verify(Judged("--interface", "eth0", "--counters"));

    [Fact]
    public void The_interpreter_agrees_with_the_virtual_machine()
    {
        foreach (var extra in new string[][] { ["--interface", "eth0"], ["--interface", "lo"], [], ["--chain", "FORWARD"], ["--chain", "FORWARD", "--out-interface", "eth1"], ["--mac", "02:00:00:00:00:09"] })
        {
            Assert.Equal(Judged([.. extra, "--counters"]), Judged([.. extra, "--counters", "--engine", "interpreter"]));
        }
    }

    [SkippableFact]
    public void The_kernel_agrees_with_the_virtual_machine()
    {
        KernelRequired.That(Environment.IsPrivilegedProcess, "needs root");
        foreach (var extra in new string[][] { ["--interface", "eth0"], ["--interface", "lo"], [], ["--chain", "FORWARD"], ["--chain", "FORWARD", "--out-interface", "eth1"] })
        {
            Assert.Equal(Judged([.. extra, "--counters"]), Judged([.. extra, "--counters", "--engine", "kernel"]));
        }
    }

    [Theory]
    [InlineData("vm")]
    [InlineData("interpreter")]
    public void Packets_of_several_interfaces_are_told_apart_by_a_file(string engine)
    {
        var meta = _fwc.File("meta", "{\"index\":0,\"in\":\"lo\"}\n\n{\"index\":1,\"in\":\"eth0\",\"out\":\"eth1\"}\n");
        var answer = _fwc.Run("run", _fwc.File("rules.txt"), "--pcap", _fwc.File("p.pcap", Captures.Pcap([Dns, Dns, Dns])), "--meta", meta, "--json", "--engine", engine);
        Assert.Equal(["ACCEPT", "DROP", "DEFER"], Verdicts(answer.Out));
        var forwarded = _fwc.Run("run", _fwc.Path("rules.txt"), "--pcap", _fwc.Path("p.pcap"), "--meta", meta, "--json", "--engine", engine, "--chain", "FORWARD");
        Assert.Equal(["DEFER", "DROP", "DEFER"], Verdicts(forwarded.Out));
    }

    [Theory]
    [InlineData("not json", "line 1: not JSON")]
    [InlineData("{\"in\":\"eth0\"}", "line 1: no index")]
    [InlineData("{\"index\":0}\n{\"index\":0}", "line 2: packet 0 occurs twice")]
    [InlineData("{\"index\":0,\"in\":\"eth0/1\"}", "no network interface can be called 'eth0/1'")]
    [InlineData("{\"index\":0,\"in\":7}", "wrong type")]
    public void A_bad_line_in_the_file_of_interfaces_is_named(string line, string message)
    {
        var answer = _fwc.Run("run", _fwc.File("rules.txt"), "--pcap", _fwc.File("p.pcap", Captures.Pcap([Dns])), "--meta", _fwc.File("meta", line));
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains(message, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_interface_and_a_file_of_them_contradict_each_other() =>
        Assert.Equal(ExitCode.BadInput, _fwc.Run("run", _fwc.File("rules.txt"), "--pcap", _fwc.File("p.pcap", Captures.Pcap([Dns])), "--meta", _fwc.File("meta", ""), "--interface", "eth0").Code);

    [Theory]
    [InlineData("vm")]
    [InlineData("interpreter")]
    public void A_packet_captured_in_part_is_deferred(string engine)
    {
        var capture = _fwc.File("cut.pcap", Captures.Pcap([Ssh.Frame.ToArray()], missing: 1));
        Assert.Contains("\"reason\":\"truncated\"", _fwc.Run("run", _fwc.File("rules.txt"), "--pcap", capture, "--json", "--interface", "eth0", "--engine", engine).Out, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_table_is_what_iptables_prints()
    {
        KernelRequired.Programs("ip", "iptables-legacy");
        const string Rules =
            """
            *filter
            :INPUT DROP [0:0]
            :OUTPUT ACCEPT [0:0]
            :WEB - [0:0]
            :averyveryverylongchainname - [0:0]
            -A INPUT -i lo -j ACCEPT
            -A INPUT ! -i eth+ -p tcp -j ACCEPT
            -A INPUT ! -s 10.0.0.0/8 -d 192.168.100.200/32 -p tcp -j WEB
            -A INPUT -p udp -g WEB
            -A INPUT ! -p 47 -j RETURN
            -A INPUT -f -j DROP
            -A INPUT ! -f -j averyveryverylongchainname
            -A INPUT ! -s 192.168.100.0/255.255.0.255
            -A INPUT -i wlan0longname12 -p 253
            -A INPUT
            COMMIT

            """;
        var ours = _fwc.Run("run", _fwc.File("rules.txt", Rules), "--pcap", _fwc.File("none.pcap", Captures.Pcap(Array.Empty<byte[]>())), "--counters").Out;
        var theirs = Binary.Run("unshare", ["-n", "sh", "-c", $"iptables-legacy-restore '{_fwc.Path("rules.txt")}' && for c in INPUT WEB averyveryverylongchainname; do iptables-legacy -w -L $c -v -n -x && echo; done"]);
        Assert.Equal(theirs.Output.Trim('\n'), ours.Trim('\n'));
    }

    private static IEnumerable<string> Verdicts(string lines) =>
        lines.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement.GetProperty("verdict").GetString()!);

    private string Judged(params string[] arguments)
    {
        var answer = _fwc.Run(["run", _fwc.File("rules.txt"), "--pcap", _fwc.File("all.pcap", Captures.Pcap(All)), .. arguments]);
        Assert.Equal("", answer.Error);
        Assert.Equal(ExitCode.Done, answer.Code);
        return answer.Out;
    }
}
