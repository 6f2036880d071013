using Firewall.Rules.Packets;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

/// <summary>What only shows in a process of its own: signals, pipes, closed streams.</summary>
public sealed class BinaryTests : IDisposable
{
    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void The_version_is_printed()
    {
        var (code, output) = Binary.Shell("$FWC --version");
        Assert.Equal(0, code);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", output);
    }

    [Fact]
    public void A_compile_ends_with_0_and_an_object()
    {
        var (code, output) = Binary.Shell($"$FWC compile '{_fwc.File("rules.txt")}'");
        Assert.True(code == 0, output);
        Assert.Equal(["rules.forward.o", "rules.o", "rules.output.o", "rules.txt"], _fwc.FileNames());
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_command_in_silence()
    {
        var rules = _fwc.File("rules.txt", $"*filter\n{string.Concat(Enumerable.Range(1, 50_000).Select(i => $"-A OUTPUT -p tcp --dport {i} -j DROP\n"))}COMMIT\n");
        var (_, output) = Binary.Shell($"$FWC format '{rules}' | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal("*filter\n141\n", output);
    }

    [Fact]
    public void A_full_disk_is_a_message_and_1()
    {
        var (code, output) = Binary.Shell($"$FWC format '{_fwc.File("rules.txt")}' > /dev/full");
        Assert.Equal(1, code);
        Assert.Contains("error: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public void Messages_that_nobody_can_read_leave_the_exit_code(string redirection) =>
        Assert.Equal("1\n", Binary.Shell($"$FWC check /nowhere {redirection}; echo $?").Output);

    [Fact]
    public void Writing_to_a_device_leaves_the_device()
    {
        var (code, output) = Binary.Shell($"$FWC compile -q '{_fwc.File("rules.txt")}' -o /dev/null; echo $?; test -c /dev/null && echo device");
        Assert.Equal(0, code);
        Assert.Equal("0\ndevice\n", output);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_ends_a_command_that_waits_and_leaves_nothing(string signal, int expected)
    {
        Binary.Shell($"mkfifo '{_fwc.Path("pipe")}'");

        // Whoever runs the tests in the background has them ignore SIGINT.
        using var process = Binary.Start("env", "--default-signal=INT,TERM", Binary.Fwc, "compile", _fwc.Path("pipe"), "-o", _fwc.Path("x.o"));

        // A signal that comes while the runtime is starting is lost, and how long that takes nobody knows.
        for (var attempt = 0; attempt < 15 && !process.WaitForExit(TimeSpan.FromSeconds(2)); attempt++) { Binary.Shell($"kill -{signal} {process.Id}"); }
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(2)), "the process still waits");
        var output = process.StandardError.ReadToEnd();
        Assert.Equal(expected, process.ExitCode);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(["pipe"], _fwc.FileNames());
    }

    [Fact]
    public void Answers_of_several_commands_follow_each_other_in_one_file()
    {
        var rules = _fwc.File("rules.txt");
        Binary.Shell($"{{ $FWC format '{rules}'; $FWC format '{rules}'; }} > '{_fwc.Path("both")}'");
        var once = Binary.Shell($"$FWC format '{rules}'").Output;
        Assert.Equal(once + once, File.ReadAllText(_fwc.Path("both")));
    }

    [SkippableFact]
    public void Without_privilege_the_kernel_engine_ends_with_7()
    {
        KernelRequired.Programs("setpriv");
        var (rules, capture) = (_fwc.File("rules.txt"), _fwc.File("p.pcap", Captures.Pcap([Packet.Udp(1, 2)])));
        var (code, output) = Binary.Shell($"chmod -R a+rX '{_fwc.Path(".")}'; setpriv --reuid 65534 --clear-groups --bounding-set -all --inh-caps -all $FWC run '{rules}' --pcap '{capture}' --engine kernel");
        Assert.True(code == 7, output);
        Assert.StartsWith("error: ", output, StringComparison.Ordinal);
    }
}
