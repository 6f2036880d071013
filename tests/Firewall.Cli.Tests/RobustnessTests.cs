using System.Diagnostics;
using System.Text;

namespace Firewall.Cli.Tests;

/// <summary>Bad input gets one clear message, exit code 1, and never a stack trace.</summary>
public sealed class RobustnessTests : IDisposable
{
    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Theory]
    [InlineData("check")]
    [InlineData("format")]
    [InlineData("compile")]
    public void A_missing_file_is_said_to_be_missing(string command) => Refuses("there is no such file", command, _fwc.Path("nowhere.txt"));

    [Fact]
    public void A_directory_is_not_a_rule_file() => Refuses("it is a directory", "check", _fwc.Path("."));

    [Fact]
    public void A_file_below_a_file_is_not_there() => Refuses("cannot read", "check", _fwc.File("rules.txt") + "/more");

    [Fact]
    public void Binary_garbage_gets_one_message()
    {
        var noise = new byte[100_000];
        new Random(7).NextBytes(noise);
        var answer = Refuses("FWC0001", "check", _fwc.File("noise", noise));
        Assert.True(answer.Error.Length < 1000);
    }

    [Fact]
    public void A_line_of_100_MB_is_refused_in_bounded_time_and_words()
    {
        var line = new byte[100 << 20];
        Array.Fill(line, (byte)'x');
        Encoding.ASCII.GetBytes("*filter\n-A INPUT ").CopyTo(line, 0);
        var file = _fwc.File("long.txt", line);
        var clock = Stopwatch.StartNew();
        var answer = Refuses("FWC0002", "check", file);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"took {clock.Elapsed}");
        Assert.True(answer.Error.Length < 10_000);
    }

    [Fact]
    public void An_object_that_cannot_be_written_leaves_nothing_behind()
    {
        Refuses("there is no such directory", "compile", _fwc.File("rules.txt"), "-o", _fwc.Path("nowhere/rules.o"));
        Assert.Equal(["rules.txt"], _fwc.FileNames());
        Directory.CreateDirectory(_fwc.Path("taken"));
        Refuses("it is a directory", "compile", _fwc.Path("rules.txt"), "-o", _fwc.Path("taken"));
        Assert.Equal(["rules.txt", "taken"], _fwc.FileNames());
    }

    [Fact]
    public void A_failed_compile_keeps_the_old_object()
    {
        var old = _fwc.File("rules.o", "old");
        Refuses("FWC0111", "compile", _fwc.File("rules.txt", "*filter\n-A INPUT --frob\nCOMMIT\n"));
        Assert.Equal("old", File.ReadAllText(old));
    }

    [Fact]
    public void An_object_replaces_what_a_link_points_to_and_not_the_link()
    {
        var real = _fwc.File("real.o", "old");
        File.CreateSymbolicLink(_fwc.Path("link.o"), real);
        Assert.Equal(ExitCode.Done, _fwc.Run("compile", _fwc.File("rules.txt"), "-o", _fwc.Path("link.o")).Code);
        Assert.NotNull(new FileInfo(_fwc.Path("link.o")).LinkTarget);
        Assert.Equal("\u007fELF"u8.ToArray(), File.ReadAllBytes(real)[..4]);
    }

    [Fact]
    public void Rules_with_the_extension_of_objects_are_not_overwritten() => Refuses("-o FILE", "compile", _fwc.File("rules.o"));

    [Fact]
    public void An_object_from_standard_input_needs_a_name()
    {
        var answer = _fwc.RunWithInput(Fwc.Rules, "compile", "-");
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains("-o FILE", answer.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, _fwc.RunWithInput(Fwc.Rules, "compile", "-", "--emit", "hex").Code);
        Assert.Equal(ExitCode.Done, _fwc.RunWithInput(Fwc.Rules, "compile", "-", "-o", _fwc.Path("stdin.o")).Code);
        Assert.Equal(["stdin.forward.o", "stdin.o", "stdin.output.o"], _fwc.FileNames());
    }

    [Fact]
    public async Task Standard_input_that_is_closed_is_a_message()
    {
        using var error = new StringWriter();
        Assert.Equal(ExitCode.BadInput, await CommandLine.Run(["check", "-"], new Surroundings(new ClosedStream(), Stream.Null, error)));
        Assert.Equal("error: cannot read standard input: it is closed\n", error.ToString());
    }

    [Fact]
    public void Errors_of_both_files_come_in_one_run()
    {
        var answer = _fwc.Run(
            "check", _fwc.File("four.txt", "*filter\n-A INPUT --frob\n-A INPUT --frobber\nCOMMIT\n"), "--rules6", _fwc.File("six.txt", "*filter\n-A INPUT --brof\nCOMMIT\n"));
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains("four.txt:2:", answer.Error, StringComparison.Ordinal);
        Assert.Contains("four.txt:3:", answer.Error, StringComparison.Ordinal);
        Assert.Contains("six.txt:2:", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_files_for_ip6tables_contradict_each_other() => Refuses("--rules6", "check", "-6", _fwc.File("a"), "--rules6", _fwc.File("b"));

    private Answer Refuses(string because, params string[] arguments)
    {
        var answer = _fwc.Run(arguments);
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.Contains(because, answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Error, StringComparison.Ordinal);
        Assert.Empty(answer.Out);
        return answer;
    }
}
