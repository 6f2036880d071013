using System.Text;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Compiler.Tests.CodeGeneration;

public sealed class PartitionTests
{
    /// <summary>The kernel allows 256 functions in a program, its own included (BPF_MAX_SUBPROGS).</summary>
    private const int MostFunctions = 256;

    [Fact]
    public void More_different_searches_than_a_program_may_have_functions_are_spread_over_parts()
    {
        var compiled = Compile(Enumerable.Range(1, 254).Select(option => $"-A INPUT -p tcp -m tcp --tcp-option {option} -j DROP"));
        Assert.True(compiled.Parts > 1);
        Assert.All(compiled.Object.Programs, p => Assert.True(compiled.Object.Link(p.Name).Functions.Length <= MostFunctions));
    }

    [Fact]
    public void A_part_ends_before_its_budget_does_and_packets_cross_each_cut_once()
    {
        var compiled = Compile(Enumerable.Range(1, 300).Select(port => $"-A INPUT -p udp -m udp --dport {port} -j DROP"), Budgets.Default with { Instructions = 2_000 });
        Assert.True(compiled.Parts > 3);
        Assert.Equal(compiled.Parts, compiled.LongestTailCalls);
    }

    [Fact]
    public void More_tail_calls_than_the_kernel_allows_are_an_error_with_both_numbers()
    {
        var refused = Assert.Throws<BudgetExceededException>(() =>
            Compile(Enumerable.Range(1, 300).Select(port => $"-A INPUT -p udp -m udp --dport {port} -j DROP"), Budgets.Default with { Instructions = 60 }));
        Assert.Equal(33, refused.Limit);
        Assert.True(refused.Needed > 33);
    }

    private static CompiledFirewall Compile(IEnumerable<string> rules, Budgets? budgets = null)
    {
        var text = $"*filter\n{string.Join('\n', rules)}\nCOMMIT\n";
        var policy = Binder.Bind(RuleSetReader.Read(new SourceText("rules", Encoding.UTF8.GetBytes(text)))).Policy!;
        return LinearGenerator.Generate(HostRules.From(Hook.Input, policy, null), new CompileOptions { Interface = "eth0" }, budgets);
    }
}
