using System.Diagnostics;
using System.Text;
using CsCheck;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Rules.Tests.Syntax;

/// <summary>Whatever a file holds, reading it ends soon and with diagnostics, never with an exception.</summary>
public class HostileInputTests
{
    private static readonly string[] Words =
    [
        "-A", "INPUT", "-p", "tcp", "!", "--dport", "80", "-m", "multiport", "-j", "ACCEPT", "\"", "\\", "-s", "10.0.0.1,", "--", "-", "--=", "-c",
        "-I", "0", "1:", "#", "*filter\n", "\n", ":a", "COMMIT\n", "[1:2]", "-4", "-6", "-f", "--tcp-flags", "ALL", "\t", "", "é", "=",
    ];

    [Fact]
    public void A_line_of_a_hundred_megabytes_is_one_diagnostic_within_seconds()
    {
        var bytes = new byte[100_000_000];
        bytes.AsSpan().Fill((byte)'a');
        "*filter\n"u8.CopyTo(bytes);
        var clock = Stopwatch.StartNew();

        var binding = Bind(bytes);

        Assert.Equal(["FWC0002", "FWC0006"], binding.Diagnostics.Select(d => d.Code.Code).Order(StringComparer.Ordinal));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"took {clock.Elapsed}");
        Assert.All(binding.Diagnostics, d => Assert.True(DiagnosticText.Render(d, new SourceText("x", bytes)).Length < 2000));
    }

    [Fact]
    public void A_binary_file_is_one_diagnostic() =>
        Assert.Equal(["FWC0001"], Bind(File.ReadAllBytes(typeof(HostileInputTests).Assembly.Location)).Diagnostics.Select(d => d.Code.Code));

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 400].Sample(IsJudged);

    [Fact]
    public void Random_words_of_the_language_never_throw()
    {
        var word = Gen.OneOf(Words.Select(Gen.Const).ToArray());
        word.Array[0, 40].Sample(words => IsJudged(Encoding.UTF8.GetBytes("*filter\n" + string.Join(' ', words) + "\nCOMMIT\n")));
    }

    [Fact]
    public void Ten_thousand_nested_chains_do_not_exhaust_the_stack()
    {
        var text = new StringBuilder("*filter\n");
        for (var i = 0; i < 10_000; i++) { text.Append($":c{i} -\n"); }
        text.Append("-A INPUT -j c0\n");
        for (var i = 0; i < 9_999; i++) { text.Append($"-A c{i} -j c{i + 1}\n"); }
        text.Append("COMMIT\n");

        Assert.Empty(Bind(Encoding.ASCII.GetBytes(text.ToString())).Diagnostics);
    }

    /// <summary>A policy, or an error that says why not.</summary>
    private static bool IsJudged(byte[] bytes)
    {
        var binding = Bind(bytes);
        return binding.Policy is null == binding.Diagnostics.Any(d => d.IsError);
    }

    private static Binding Bind(byte[] bytes) => Binder.Bind(RuleSetReader.Read(new SourceText("hostile", bytes)));
}
