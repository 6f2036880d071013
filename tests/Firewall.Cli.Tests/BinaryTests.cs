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
        Assert.Equal(["rules.o", "rules.txt"], _fwc.FileNames());
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

    [Fact]
    public void Writing_to_a_device_leaves_the_device()
    {
        var (code, output) = Binary.Shell($"$FWC compile -q '{_fwc.File("rules.txt")}' -o /dev/null; echo $?; test -c /dev/null && echo device");
        Assert.Equal(0, code);
        Assert.Equal("0\ndevice\n", output);
    }

    [Fact]
    public void An_interrupt_ends_a_command_that_waits_for_input_and_leaves_nothing()
    {
        var line = $"cd '{_fwc.Path(".")}'; mkfifo pipe; $FWC compile pipe -o x.o & pid=$!; exec 3> pipe; sleep 2; kill -INT $pid; wait $pid; echo $?; ls";
        var (_, output) = Binary.Shell(line);
        Assert.Contains("130\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("x.o", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }
}
