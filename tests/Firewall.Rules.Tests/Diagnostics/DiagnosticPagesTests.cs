using System.Text;
using System.Text.RegularExpressions;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Policies;
using Firewall.Rules.Sets;
using Firewall.Rules.Syntax;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Diagnostics;

/// <summary>Each code has a page in <c>docs/diagnostics</c>, and its examples are true.</summary>
public partial class DiagnosticPagesTests
{
    public static TheoryData<string> Codes => [.. DiagnosticCode.All.Select(c => c.Code)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_page_says_what_a_code_means_with_a_bad_and_a_good_example(string code)
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "diagnostics", $"{code}.md"));
        var title = DiagnosticCode.All.Single(c => c.Code == code).Title;
        Assert.StartsWith($"# {code}: {title}\n", page, StringComparison.Ordinal);

        var examples = CodeBlock().Matches(page).Select(m => m.Groups["text"].Value).ToList();
        Func<string, string[]> diagnose = page.Contains("```ipset", StringComparison.Ordinal) ? DiagnoseSets : Diagnose;
        Assert.Equal(2, examples.Count);
        Assert.Contains(code, diagnose(code == "FWC0005" ? examples[0].TrimEnd('\n') : examples[0]));
        Assert.Empty(diagnose(examples[1]));
    }

    [Fact]
    public void There_is_no_page_without_a_code()
    {
        var pages = Directory.GetFiles(Repository.PathOf("docs", "diagnostics"), "FWC0*.md").Select(p => Path.GetFileNameWithoutExtension(p))
            .Where(name => string.CompareOrdinal(name, "FWC0300") < 0);

        Assert.Equal(DiagnosticCode.All.Select(c => c.Code), pages.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Codes_are_unique_and_in_order() =>
        Assert.Equal(DiagnosticCode.All.Select(c => c.Code).Distinct().Order(StringComparer.Ordinal), DiagnosticCode.All.Select(c => c.Code));

    private static string[] Diagnose(string example)
    {
        var text = Repeated().Replace(example, m => string.Concat(Enumerable.Repeat(m.Groups["text"].Value, int.Parse(m.Groups["times"].Value))))
            .Replace('␀', '\0').Replace('␍', '\r').Replace("⟨BOM⟩", "\uFEFF", StringComparison.Ordinal);
        return [.. Binder.Bind(RuleSetReader.Read(new SourceText("example", Encoding.UTF8.GetBytes(text)))).Diagnostics.Select(d => d.Code.Code)];
    }

    private static string[] DiagnoseSets(string example) => [.. SetFileReader.Read(SourceText.From(example)).Diagnostics.Select(d => d.Code.Code)];

    [GeneratedRegex("```(iptables|ipset)\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("«(?<text>.*?)»\\*(?<times>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repeated();
}
