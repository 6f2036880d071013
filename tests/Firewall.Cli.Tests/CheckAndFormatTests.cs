using System.Text;
using System.Text.Json;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

public sealed class CheckAndFormatTests : IDisposable
{
    private const string Unfit = "*filter\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\n-A INPUT -j LOG\nCOMMIT\n*mangle\n-A PREROUTING -s 10.0.0.0/8 -j TTL --ttl-set 9\nCOMMIT\n";

    private readonly Fwc _fwc = new();

    public void Dispose() => _fwc.Dispose();

    [Fact]
    public void A_good_file_is_no_news()
    {
        var answer = _fwc.Run("check", _fwc.File("rules.txt"));
        Assert.Equal("", answer.Out + answer.Error);
    }

    [Fact]
    public void What_stands_against_a_compile_is_underlined() => Golden.Verify(_fwc.Run("check", "--hook", "xdp", _fwc.File("unfit.txt", Unfit)).Error);

    [Fact]
    public void Diagnostics_come_as_JSON_too()
    {
        var answer = _fwc.Run("check", "--json", "--hook", "xdp", _fwc.File("unfit.txt", Unfit));
        Assert.Empty(answer.Error);
        using var json = JsonDocument.Parse(answer.Out);
        Assert.Equal(1, json.RootElement.GetProperty("fwc").GetInt32());
        Assert.Equal(["FWC0401", "FWC0401", "FWC0402"], json.RootElement.GetProperty("diagnostics").EnumerateArray().Select(d => d.GetProperty("code").GetString()!));
    }

    [Fact]
    public void Rules_come_from_standard_input() =>
        Assert.Contains("<stdin>:1:1", _fwc.RunWithInput("nonsense\n", "check", "-").Error, StringComparison.Ordinal);

    [Fact]
    public void Formatting_is_a_fixed_point()
    {
        var once = _fwc.Run("format", _fwc.File("loose.txt", "*filter\n-I INPUT -p 6 --dport ssh -j ACCEPT\n-A INPUT -s 10.1.2.3/255.0.0.0\nCOMMIT\n"));
        Assert.Equal(ExitCode.Done, once.Code);
        Assert.Contains("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -s 10.0.0.0/8\n", once.Out, StringComparison.Ordinal);
        Assert.Equal(once.Out, _fwc.Run("format", _fwc.File("canonical.txt", once.Out)).Out);
    }

    [Fact]
    public void Counters_stay_only_when_asked_for()
    {
        var file = _fwc.File("counted.txt", "*filter\n:INPUT ACCEPT [5:500]\n[3:300] -A INPUT -j ACCEPT\nCOMMIT\n");
        Assert.Contains("\n-A INPUT -j ACCEPT\n", _fwc.Run("format", file).Out, StringComparison.Ordinal);
        Assert.Contains("\n[3:300] -A INPUT -j ACCEPT\n", _fwc.Run("format", "-c", file).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_of_a_comment_that_are_not_UTF_8_come_out_as_they_went_in()
    {
        byte[] rules = [.. "*filter\n-A INPUT -m comment --comment \""u8, 0xe9, 0xff, .. "\"\nCOMMIT\n"u8];
        var answer = _fwc.Run("format", _fwc.File("latin.txt", rules));
        Assert.Contains("\u00e9\u00ff", Encoding.Latin1.GetString(answer.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void The_content_says_which_family_a_file_is_for()
    {
        var six = _fwc.File("six.txt", "*filter\n-A INPUT -s 2001:db8::/32 -j DROP\nCOMMIT\n");
        Assert.Equal(ExitCode.Done, _fwc.Run("check", six).Code);
        Assert.Contains("-s 2001:db8::/32", _fwc.Run("format", six).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, _fwc.Run("check", "-6", _fwc.File("four.txt", "*filter\n-A INPUT -s 10.0.0.1\nCOMMIT\n")).Code);
    }
}
