using System.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;

namespace Firewall.Rules.Tests.Options;

public sealed class ValueTests
{
    private static readonly ValueContext Tcp = new(Family.IPv4, Protocol: 6);

    [Theory]
    [InlineData("80", 80, 80)]
    [InlineData("0100", 64, 64)]
    [InlineData("0x50", 80, 80)]
    [InlineData("+5", 5, 5)]
    [InlineData("ssh:telnet", 22, 23)]
    [InlineData(":", 0, 65535)]
    public void Ports_are_read_as_xtables_strtoui_reads_numbers(string text, int low, int high) =>
        Assert.Equal(new ValueRange((UInt128)low, (UInt128)high), Values.Ports(6).Read([text], Tcp).Value);

    [Theory]
    [InlineData("080")]
    [InlineData("-1")]
    [InlineData("0x")]
    [InlineData("")]
    [InlineData("18446744073709551617")]
    [InlineData("HTTP")]
    public void Wrong_ports_are_errors(string text) => Assert.True(Values.Ports(6).Read([text], Tcp).IsError);

    [Fact]
    public void A_list_of_ports_without_multiport_is_explained()
    {
        var result = Values.Ports(6).Read(["80,443"], Tcp);
        Assert.Equal("`80,443` is a list, not one port", result.Error);
        Assert.Contains("-m multiport", result.Help!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_ports_are_read_in_well_under_a_second()
    {
        var grammar = Values.Ports(6);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 100_000; i++) { Assert.False(grammar.Read(["65535"], Tcp).IsError); }
        Assert.True(watch.ElapsedMilliseconds < 5_000, $"{watch.ElapsedMilliseconds} ms");
    }
}
