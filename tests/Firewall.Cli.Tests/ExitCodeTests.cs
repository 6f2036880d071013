using Firewall.Kernel.Errors;
using Firewall.Kernel.Loading;

namespace Firewall.Cli.Tests;

public sealed class ExitCodeTests : IDisposable
{
    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void A_good_file_ends_with_0() => Assert.Equal(ExitCode.Done, _fwc.Run("check", _fwc.File("rules.txt")).Code);

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("check")]
    [InlineData("check", "a", "b")]
    [InlineData("check", "rules.txt", "--chain", "PREROUTING")]
    [InlineData("compile", "rules.txt", "--hook", "tc")]
    [InlineData("compile", "rules.txt", "--profile", "fast")]
    [InlineData("check", "rules.txt", "--color", "purple")]
    [InlineData("compile", "rules.txt", "--emit", "smoke")]
    [InlineData("run", "rules.txt")]
    [InlineData("run", "rules.txt", "--pcap", "p", "--engine", "steam")]
    [InlineData("run", "rules.txt", "--pcap", "p", "--mac", "nonsense")]
    [InlineData("run", "rules.txt", "--pcap", "p", "--interface", "a-name-longer-than-15")]
    [InlineData("help", "nothing")]
    public void A_usage_error_ends_with_1_and_one_line_of_help(params string[] arguments)
    {
        var answer = _fwc.Run(arguments);
        Assert.Equal(ExitCode.BadInput, answer.Code);
        Assert.StartsWith("error: ", answer.Error, StringComparison.Ordinal);
        Assert.Contains("= help: ", answer.Error, StringComparison.Ordinal);
        Assert.Empty(answer.Out);
    }

    [Fact]
    public void Errors_in_the_rules_end_with_1() =>
        Assert.Equal(ExitCode.BadInput, _fwc.Run("compile", _fwc.File("rules.txt", "*filter\n-A INPUT --frob\nCOMMIT\n")).Code);

    [Theory]
    [InlineData("check")]
    [InlineData("compile")]
    public void A_rule_that_cannot_be_compiled_ends_with_4(string command)
    {
        var answer = _fwc.Run(command, _fwc.File("rules.txt", "*filter\n-A INPUT -m addrtype --src-type LOCAL -j ACCEPT\nCOMMIT\n"));
        Assert.Equal(ExitCode.NotSupported, answer.Code);
        Assert.Contains("error[FWC0401]", answer.Error, StringComparison.Ordinal);
        Assert.Contains("addrtype", answer.Error, StringComparison.Ordinal);
        Assert.Equal(["rules.txt"], _fwc.FileNames());
    }

    [Fact]
    public void Too_many_rules_end_with_5()
    {
        var rules = string.Concat(Enumerable.Range(1, 4001).Select(i => $"-A INPUT -p tcp --dport {i} -j DROP\n"));
        var answer = _fwc.Run("compile", _fwc.File("rules.txt", $"*filter\n{rules}COMMIT\n"));
        Assert.Equal(ExitCode.OverBudget, answer.Code);
        Assert.Contains("error[FWC0501]", answer.Error, StringComparison.Ordinal);
        Assert.Contains("4,001", answer.Error, StringComparison.Ordinal);
        Assert.Contains("4,000", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_of_the_verifier_ends_with_6() =>
        Assert.Equal(ExitCode.VerifierRefused, Explain(new VerifierException("fwc", Errno.EACCES, new VerifierLog(12, "invalid access to packet"), origin: null, log: "…"), out _));

    [Fact]
    public void A_missing_privilege_ends_with_7() =>
        Assert.Equal(ExitCode.KernelRefused, Explain(new PrivilegeException("create map hits", Errno.EPERM, "run as root"), out _));

    [Fact]
    public void A_bug_ends_with_70_and_one_line_without_a_stack_trace()
    {
        Assert.Equal(ExitCode.InternalError, Explain(Thrown(), out var message));
        Assert.Contains("internal error", message, StringComparison.Ordinal);
        Assert.DoesNotContain(nameof(Thrown), message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bug_shows_its_place_when_FWC_DEBUG_is_1()
    {
        Explain(Thrown(), out var message, debug: "1");
        Assert.Contains(nameof(Thrown), message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupt_ends_with_130() => Assert.Equal(ExitCode.Interrupted, Explain(new OperationCanceledException(), out _));

    [Fact]
    public void Help_lists_every_code_once()
    {
        var answer = _fwc.Run("help", "exit");
        Assert.Equal(ExitCode.Done, answer.Code);
        foreach (var code in Enum.GetValues<ExitCode>())
        {
            Assert.Single(answer.Out.Split('\n'), line => line.TrimStart().StartsWith($"{(int)code} ", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("compile")]
    [InlineData("check")]
    [InlineData("format")]
    [InlineData("run")]
    [InlineData("explain")]
    public void Every_command_documents_the_codes_in_its_help(string command)
    {
        var answer = _fwc.Run(command, "--help");
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.Contains("Exit status:", answer.Out, StringComparison.Ordinal);
        Assert.Equal(answer.Out, _fwc.Run("help", command).Out);
    }

    private static ExitCode Explain(Exception failure, out string message, string? debug = null)
    {
        using var error = new StringWriter();
        var code = new FailureReport(new Surroundings(Stream.Null, Stream.Null, error) { Variable = name => name == "FWC_DEBUG" ? debug : null }).Explain(failure);
        message = error.ToString();
        return code;
    }

    private static InvalidOperationException Thrown()
    {
        try { throw new InvalidOperationException("this cannot be"); }
        catch (InvalidOperationException e) { return e; }
    }
}
