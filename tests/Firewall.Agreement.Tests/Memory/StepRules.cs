using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Compiler.CodeGeneration;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Agreement.Tests.Memory;

/// <summary>Rules that ask step programs, without a module that writes them.</summary>
internal static class StepRules
{
    /// <summary>INPUT with one rule for each program, which drops what it matches; the policy accepts.</summary>
    public static HostRules Dropping(Family family, params IEnumerable<StepProgram> programs)
    {
        ImmutableArray<Rule> rules = [.. programs.Select((p, i) => new Rule(i + 1, [new AsksProgram(p)], new DropTarget(), null, i + 1, default))];
        var policy = new Policy(family, [new Rules.Policies.Table("filter", [new Chain("INPUT", Verdict.Accept, default, rules, null)])]);
        return family == Family.IPv4 ? HostRules.AtHook(Hook.Input, policy, null) : HostRules.AtHook(Hook.Input, null, policy);
    }

    public static CompiledFirewall Compile(HostRules rules) => LinearGenerator.Generate(rules, new CompileOptions { Interface = "eth0" });

    /// <summary>A match that asks the program and nothing else.</summary>
    private sealed record AsksProgram(StepProgram Program) : Match
    {
        public override string? ModuleName => null;

        public override Guard Meaning(Family family) => Guard.Of(new Search(Program, Negated: false));

        public override void Print(OptionWriter writer)
        {
        }
    }
}
