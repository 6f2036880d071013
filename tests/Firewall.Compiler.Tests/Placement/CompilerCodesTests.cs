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
    public void An_earlier_table_may_drop() => Assert.Empty(Compile("*mangle\n:PREROUTING DROP [0:0]\n-A PREROUTING -s 10.0.0.0/8 -j DROP\nCOMMIT\n*filter\n-A INPUT -j ACCEPT\nCOMMIT\n"));

    [Fact]
    public void An_earlier_table_sends_a_chain_to_its_netfilter_hook()
    {
        var policy = Read("*mangle\n-A PREROUTING -j TTL --ttl-set 3\nCOMMIT\n*filter\n-A INPUT -p tcp -j DROP\nCOMMIT\n");
        var plan = Planner.Make(new PlanRequest(policy, null, new CompileOptions()));
        Assert.Equal(Hooks.Netfilter, Assert.Single(plan.Chains).Hooks);
        Assert.True(plan.IsExact);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("-A OUTPUT -p icmp -j DROP\n", false)]
    [InlineData("COMMIT\n*nat\n-A POSTROUTING -o eth1 -j MASQUERADE\n", false)]
    public void XDP_answers_refused_packets_only_where_no_rule_would_see_the_answer(string other, bool answers)
    {
        var policy = Read($"*filter\n-A INPUT -p udp -j REJECT\n{other}COMMIT\n");
        var plan = Planner.Make(new PlanRequest(policy, null, new CompileOptions { Reject = RejectMode.Xdp }) { Hooks = Hooks.Xdp, Chains = [Hook.Input] });
        Assert.Equal(answers, plan.Lines.First(l => l.Rule.Chain == "INPUT").Fate == Fate.Compiled);
    }

    [Fact]
    public void Each_rule_with_a_reason_of_its_own_is_told_once()
    {
        var policy = Read("*filter\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -p udp -j LOG\n-A INPUT -m addrtype --src-type LOCAL -j DROP\n-A INPUT -j LOG\nCOMMIT\n");
        var found = PlanFindings.Of(Planner.Make(new PlanRequest(policy, null, new CompileOptions())), policy);
        Assert.Equal([3, 4, 5], found.Select(d => policy.Tables[0].Chains.SelectMany(c => c.Rules).Single(r => r.Span == d.Primary).Line));
    }

    [Fact]
    public void Rules_that_no_packet_reaches_may_be_anything() =>
        Assert.Empty(Compile("*filter\n:unused - [0:0]\n-A unused -m limit --limit 1/s -j LOG\nCOMMIT\n"));

    private static List<string> Compile(string example)
    {
        var text = Repeated().Replace(example, m => string.Concat(Enumerable.Repeat(m.Groups["text"].Value, int.Parse(m.Groups["times"].Value))));
        var policy = Read(text);
        foreach (var hooks in new Hooks?[] { null, Hooks.Xdp })
        {
            // Where XDP is not the only choice an earlier table does not matter, so that both are asked.
            var plan = Planner.Make(new PlanRequest(policy, null, new CompileOptions()) { Hooks = hooks, Chains = [Hook.Input] });
            var found = PlanFindings.Of(plan, policy).Select(d => d.Code.Code).Distinct(StringComparer.Ordinal).ToList();
            Assert.Equal(found.Count == 0, plan.IsExact);
            if (found.Count > 0) { return found; }
        }

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

    private static Policy Read(string text) => Binder.Bind(RuleSetReader.Read(new SourceText("example", Encoding.UTF8.GetBytes(text)))).Policy!;

    [GeneratedRegex("```iptables\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("«(?<text>.*?)»\\*(?<times>[0-9]+)", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repeated();
}
