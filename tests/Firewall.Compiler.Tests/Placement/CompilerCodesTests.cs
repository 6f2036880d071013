using System.Text;
using System.Text.RegularExpressions;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Testing;

namespace Firewall.Compiler.Tests.Placement;

/// <summary>Each code of the compiler has a page in <c>docs/diagnostics</c>, and its examples are true.</summary>
public sealed partial class CompilerCodesTests
{
    public static TheoryData<string> Codes => [.. CompilerCodes.All.Select(c => c.Code)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_page_says_what_a_code_means_with_a_bad_and_a_good_example(string code)
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "diagnostics", $"{code}.md"));
        Assert.StartsWith($"# {code}: {CompilerCodes.All.Single(c => c.Code == code).Title}\n", page, StringComparison.Ordinal);
        var examples = CodeBlock().Matches(page).Select(m => m.Groups["text"].Value).ToList();
        Assert.Equal(2, examples.Count);
        Assert.Equal([code], Compile(examples[0]));
        Assert.Empty(Compile(examples[1]));
    }

    [Fact]
    public void A_policy_that_drops_in_an_earlier_table_is_refused() =>
        Assert.Equal(["FWC0402"], Compile("*mangle\n:PREROUTING DROP [0:0]\nCOMMIT\n"));

    [Fact]
    public void A_match_that_remembers_is_refused_in_an_earlier_table_even_where_it_accepts() =>
        Assert.Equal(["FWC0402"], Compile("*raw\n-A PREROUTING -m recent --set -j ACCEPT\nCOMMIT\n"));

    [Fact]
    public void Rules_that_no_packet_reaches_may_be_anything() =>
        Assert.Empty(Compile("*filter\n:unused - [0:0]\n-A unused -m limit --limit 1/s -j LOG\nCOMMIT\n"));

    private static List<string> Compile(string example)
    {
        var text = Repeated().Replace(example, m => string.Concat(Enumerable.Repeat(m.Groups["text"].Value, int.Parse(m.Groups["times"].Value))));
        var policy = Binder.Bind(RuleSetReader.Read(new SourceText("example", Encoding.UTF8.GetBytes(text)))).Policy!;
        var found = PlacementCheck.Check(policy, Hook.Input).Select(d => d.Code.Code).Distinct(StringComparer.Ordinal).ToList();
        if (found.Count > 0) { return found; }
        try
        {
            LinearGenerator.Generate(HostRules.From(Hook.Input, policy, null), new CompileOptions());
            return [];
        }
        catch (BudgetExceededException)
        {
            return [CompilerCodes.OverBudget.Code];
        }
    }

    [GeneratedRegex("```iptables\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("«(?<text>.*?)»\\*(?<times>[0-9]+)", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repeated();
}
