using Firewall.Rules.Packets;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

/// <summary>Rules that name IP sets, with the sets and without.</summary>
public sealed class SetTests : IDisposable
{
    private const string Rules =
        """
        *filter
        :INPUT ACCEPT [0:0]
        -A INPUT -m set --match-set blocked src -j DROP
        -A INPUT -p tcp -m set ! --match-set services dst,dst -j DROP
        COMMIT

        """;

    private const string Sets =
        """
        create blocked hash:net family inet
        add blocked 10.1.0.0/16
        add blocked 10.1.2.0/24 nomatch
        create services hash:ip,port family inet
        add services 192.0.2.1,tcp:22

        """;

    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Theory]
    [InlineData("vm")]
    [InlineData("interpreter")]
    public void The_contents_of_the_sets_decide(string engine) => Assert.Equal(["DROP", "ACCEPT", "ACCEPT", "DROP", "ACCEPT"], Verdicts("--engine", engine, "--sets", _fwc.File("sets.txt", Sets)));

    [SkippableFact]
    public void The_kernel_agrees()
    {
        KernelRequired.That(Environment.IsPrivilegedProcess, "needs root");
        Assert.Equal(["DROP", "ACCEPT", "ACCEPT", "DROP", "ACCEPT"], Verdicts("--engine", "kernel", "--sets", _fwc.File("sets.txt", Sets)));
    }

    [Fact]
    public void Without_the_sets_packets_that_they_decide_are_deferred() => Assert.Equal(["DEFER", "DEFER", "DEFER", "DEFER", "DEFER"], Verdicts());

    [Fact]
    public void An_object_file_is_not_written_without_the_contents()
    {
        var answer = _fwc.Run("compile", _fwc.File("rules.txt", Rules), "--sets", _fwc.File("sets.txt", Sets));
        Assert.Equal(ExitCode.NotSupported, answer.Code);
        Assert.Contains("cannot carry the contents of set blocked", answer.Error, StringComparison.Ordinal);
        Assert.Equal(["rules.txt", "sets.txt"], _fwc.FileNames());
    }

    [Fact]
    public void An_error_in_the_sets_is_shown_where_it_stands()
    {
        var answer = _fwc.Run("assess", _fwc.File("rules.txt", Rules), "--sets", _fwc.File("sets.txt", "create blocked hash:nothing\n"));
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains("sets.txt:1:16", answer.Error, StringComparison.Ordinal);
    }

    private IEnumerable<string> Verdicts(params string[] extra)
    {
        Packet[] packets =
        [
            Packet.Udp(1, 53).From("10.1.1.1"), Packet.Udp(1, 53).From("10.1.2.3"), Packet.Tcp(1, 22), Packet.Tcp(1, 23), Packet.Udp(1, 53),
        ];
        var capture = _fwc.File("packets.pcap", Captures.Pcap(packets));
        var answer = _fwc.Run(["run", _fwc.File("rules.txt", Rules), "--pcap", capture, "--chain", "INPUT", "-i", "eth0", .. extra]);
        Assert.Equal((ExitCode.Done, ""), (answer.Code, answer.Error));
        return answer.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
