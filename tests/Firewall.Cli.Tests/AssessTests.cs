using System.Text.Json;

namespace Firewall.Cli.Tests;

public sealed class AssessTests : IDisposable
{
    private const string Mixed =
        """
        *nat
        -A POSTROUTING -o eth0 -j MASQUERADE
        COMMIT
        *filter
        :INPUT DROP [0:0]
        :unused - [0:0]
        -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
        -A INPUT --frob
        -A INPUT -m addrtype --src-type LOCAL -j DROP
        -A INPUT -m comment --comment "<b>&" -p udp -j LOG
        -A unused -j DROP
        COMMIT

        """;

    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void Every_line_has_a_fate_and_lines_with_errors_are_no_failure()
    {
        var answer = _fwc.Run("assess", "--json", _fwc.File("rules.txt", Mixed));
        Assert.Equal(ExitCode.Done, answer.Code);
        using var json = JsonDocument.Parse(answer.Out);
        Assert.Equal("assess", json.RootElement.GetProperty("command").GetString());
        var lines = json.RootElement.GetProperty("result").GetProperty("lines").EnumerateArray().ToList();
        Assert.Equal(
            ["2 nat deferred", "7 filter partial", "8 filter error", "9 filter partial", "10 filter partial", "11 filter compiled"],
            lines.Select(l => $"{l.GetProperty("line").GetInt32()} {l.GetProperty("table").GetString()} {l.GetProperty("fate").GetString()}"));
        Assert.Equal(JsonValueKind.Null, lines[^1].GetProperty("where").ValueKind);
        Assert.Single(json.RootElement.GetProperty("diagnostics").EnumerateArray());
    }

    [Fact]
    public void Rules_of_bytes_alone_are_compiled_at_XDP()
    {
        var answer = _fwc.Run("assess", "--json", _fwc.File("rules.txt", "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"));
        Assert.Contains("""{"line":3,"table":"filter","chain":"INPUT","number":1,"fate":"compiled","where":"xdp","reason":null}""", answer.Out, StringComparison.Ordinal);
        Assert.Contains("\"deferredClasses\":[\"fragment\"", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_no_scripts_and_escapes_what_the_rules_say()
    {
        var page = _fwc.Path("report.html");
        Assert.Equal(ExitCode.Done, _fwc.Run("assess", "--html", page, _fwc.File("rules.txt", Mixed)).Code);
        var html = File.ReadAllText(page);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_read_ends_with_1() => Assert.Equal(ExitCode.BadInput, _fwc.Run("assess", _fwc.Path("nothing")).Code);

    [Fact]
    public void A_file_without_a_good_line_is_assessed_too() => Assert.Equal(ExitCode.Done, _fwc.Run("assess", "--json", _fwc.File("rules.txt", "nonsense\n")).Code);
}
