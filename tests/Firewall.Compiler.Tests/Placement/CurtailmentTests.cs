using System.Text;
using Firewall.Compiler.CodeGeneration;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Compiler.Tests.Placement;

public sealed class CurtailmentTests
{
    [Fact]
    public void Offload_leaves_the_end_of_a_long_chain_to_iptables()
    {
        var text = new StringBuilder("*filter\n");
        for (var i = 0; i < Budgets.MostRulesPerChain + 10; i++) { text.Append($"-A INPUT -s 10.0.{i / 256}.{i % 256} -j DROP\n"); }
        var policy = Binder.Bind(RuleSetReader.Read(SourceText.From(text.Append("COMMIT\n").ToString()))).Policy!;
        var plan = Planner.Make(new PlanRequest(policy, null, new CompileOptions()) { Profile = Profile.Offload });
        Assert.Equal(11, plan.Lines.Count(l => l.Fate == Fate.Deferred && l.Note is not null));
        LinearGenerator.Generate(plan.Programs[0].Rules, plan.Programs[0].Options);
    }
}
