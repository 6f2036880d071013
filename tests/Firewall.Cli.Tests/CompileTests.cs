using System.Text.RegularExpressions;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

public sealed partial class CompileTests : IDisposable
{
    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void The_object_is_named_after_the_rules_and_the_report_stands_on_stderr()
    {
        var answer = _fwc.Run("compile", _fwc.File("rules.txt"), "--chain", "INPUT");
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.Empty(answer.Out);
        Assert.Equal(["rules.o", "rules.txt"], _fwc.FileNames());
        Golden.Verify(WithoutSizes(answer.Error));
    }

    [Fact]
    public void Quiet_says_nothing_on_success()
    {
        var answer = _fwc.Run("compile", "-q", _fwc.File("rules.txt"));
        Assert.Equal("", answer.Error + answer.Out);
    }

    [Fact]
    public void The_syntax_tree_prints_readably() => Golden.Verify(Printed("--emit", "ast"));

    [Fact]
    public void The_assembly_names_the_rule_of_each_instruction()
    {
        var text = Printed("--emit", "asm", "--interface", "eth0");
        Assert.Contains("; -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT @ rules.txt:7\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Hex_has_eight_bytes_a_line() =>
        Assert.All(Printed("--emit", "hex").TrimEnd('\n').Split('\n').Where(l => l[0] != '#'), l => Assert.Matches("^([0-9a-f]{2} ){7}[0-9a-f]{2}$", l));

    [Fact]
    public void The_report_can_be_printed_instead() => Golden.Verify(WithoutSizes(Printed("--emit", "report", "--chain", "FORWARD", "--deferred", "kernel")));

    [Fact]
    public void Several_artefacts_come_in_the_order_asked_for_beside_the_object()
    {
        var answer = _fwc.Run("compile", _fwc.File("rules.txt"), "--chain", "INPUT", "--emit", "report,ast", "--emit", "elf");
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.InRange(answer.Out.IndexOf("compiled", StringComparison.Ordinal), 0, answer.Out.IndexOf("commit", StringComparison.Ordinal));
        Assert.Equal(["rules.o", "rules.txt"], _fwc.FileNames());
    }

    [Fact]
    public void Both_families_go_into_one_object()
    {
        var six = _fwc.File("six.txt", "*filter\n:INPUT DROP [0:0]\n-A INPUT -p ipv6-icmp -j ACCEPT\nCOMMIT\n");
        var answer = _fwc.Run("compile", _fwc.File("rules.txt"), "--rules6", six, "--chain", "INPUT", "--emit", "report");
        Assert.Contains("6 reachable", answer.Out.Replace(" rules", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("(5 IPv4, 1 IPv6)", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_chain_that_does_something_becomes_part_of_a_program()
    {
        var answer = _fwc.Run("compile", _fwc.File("rules.txt"));
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.Equal(["rules.forward.o", "rules.o", "rules.output.o", "rules.txt"], _fwc.FileNames());
        Golden.Verify(WithoutSizes(answer.Error));
    }

    [Fact]
    public void Both_hooks_share_the_work_where_both_are_asked_for()
    {
        var answer = _fwc.Run("compile", "--hook", "xdp,netfilter", "--chain", "INPUT", _fwc.File("rules.txt"));
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.Equal(["rules.input.o", "rules.o", "rules.txt"], _fwc.FileNames());
    }

    [Fact]
    public void Profile_offload_leaves_the_rest_to_iptables_and_ends_with_3()
    {
        var rules = _fwc.File("rules.txt", "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.0/8 -j DROP\n-A INPUT -m addrtype --src-type LOCAL -j DROP\nCOMMIT\n");
        Assert.Equal(ExitCode.NotSupported, _fwc.Run("compile", rules).Code);
        Assert.Equal(["rules.txt"], _fwc.FileNames());
        var answer = _fwc.Run("compile", "--profile", "offload", rules);
        Assert.Equal(ExitCode.Approximate, answer.Code);
        Assert.Equal(["rules.o", "rules.residual", "rules.txt"], _fwc.FileNames());
        var residual = File.ReadAllText(_fwc.Path("rules.residual"));
        Assert.StartsWith("# ", residual, StringComparison.Ordinal);
        Assert.Contains("-A INPUT -m addrtype --src-type LOCAL -j DROP\n", residual, StringComparison.Ordinal);
        Assert.Equal(residual, _fwc.Run("compile", "--profile", "offload", "--emit", "residual", rules).Out);
    }

    [Fact]
    public void A_named_approximation_ends_with_3()
    {
        var rules = _fwc.File("rules.txt");
        Assert.Equal(ExitCode.Approximate, _fwc.Run("compile", "--approximate", "ct-window,ct-checksum", "--chain", "INPUT", rules).Code);
        var answer = _fwc.Run("compile", "--approximate", "ct-icmp", rules);
        Assert.Equal(ExitCode.NotSupported, answer.Code);
        Assert.Contains("ct-icmp is not available", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_sees_colours_and_NO_COLOR_turns_them_off()
    {
        using var terminal = new Fwc { IsTerminal = true };
        var bad = terminal.File("bad.txt", "*filter\n-A INPUT --frob\nCOMMIT\n");
        Assert.Contains("\e[", terminal.Run("check", bad).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[", terminal.Run("check", bad, "--color", "never").Error, StringComparison.Ordinal);
        terminal.Variables["NO_COLOR"] = "1";
        Assert.DoesNotContain("\e[", terminal.Run("check", bad).Error, StringComparison.Ordinal);
        Assert.Contains("\e[", terminal.Run("check", bad, "--color=always").Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_kernel_loads_the_object()
    {
        KernelRequired.Programs("bpftool");
        var path = $"/sys/fs/bpf/fwc-cli-test-{Environment.ProcessId}";
        _fwc.Run("compile", _fwc.File("rules.txt"), "--chain", "INPUT");
        var (code, output) = Binary.Run("bpftool", ["prog", "load", _fwc.Path("rules.o"), path]);
        try { Assert.True(code == 0, output); }
        finally { File.Delete(path); }
    }

    /// <summary>How many instructions a rule takes is the compiler's business.</summary>
    private static string WithoutSizes(string report) => Size().Replace(report, "#");

    [GeneratedRegex(@"\b[\d,.]+(?= instructions in| of 1,000,000| of 32,768| KiB)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Size();

    private string Printed(params string[] arguments)
    {
        var answer = _fwc.Run(["compile", _fwc.File("rules.txt"), .. arguments]);
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.Equal(["rules.txt"], _fwc.FileNames());
        return answer.Out;
    }
}
