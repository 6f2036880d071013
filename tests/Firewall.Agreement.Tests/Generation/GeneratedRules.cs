using System.Collections.Immutable;
using System.Text;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>A rule in pieces that can be left out one by one.</summary>
/// <param name="Conditions">E.g. <c>-p tcp</c>, <c>-m tcp --dport 80</c>.</param>
/// <param name="Target">E.g. <c>-j DROP</c>; empty for none.</param>
internal sealed record GeneratedRule(ImmutableArray<string> Conditions, string Target)
{
    public override string ToString() => string.Join(' ', Conditions.Append(Target).Where(piece => piece.Length > 0));
}

internal sealed record GeneratedChain(string Name, ImmutableArray<GeneratedRule> Rules);

/// <summary>A rule set of one family around one built-in chain of the filter table, which is the first of the chains.</summary>
internal sealed record GeneratedRules(Family Family, Hook Hook, string Policy, ImmutableArray<GeneratedChain> Chains)
{
    public int RuleCount => Chains.Sum(chain => chain.Rules.Length);

    /// <summary>As iptables-save writes it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("*filter\n").Append($":{Hook.ChainName()} {Policy} [0:0]\n");
        foreach (var chain in Chains.Skip(1)) { text.Append($":{chain.Name} - [0:0]\n"); }
        foreach (var chain in Chains)
        {
            foreach (var rule in chain.Rules) { text.Append($"-A {chain.Name} {rule}".TrimEnd()).Append('\n'); }
        }

        return text.Append("COMMIT\n").ToString();
    }

    /// <summary>Reads and binds it.</summary>
    public Binding Bind() => Bind(ToString(), Family);

    public static Binding Bind(string text, Family family) =>
        Binder.Bind(RuleSetReader.Read(SourceText.From(text), family), new BindOptions(family));

    /// <summary>Every rule set that has one piece less: chains, rules, targets, conditions; largest pieces first.</summary>
    public IEnumerable<GeneratedRules> Smaller()
    {
        for (var c = 1; c < Chains.Length; c++)
        {
            yield return this with { Chains = [.. Chains.RemoveAt(c).Select(chain => WithoutJumpsTo(chain, Chains[c].Name))] };
        }

        for (var c = 0; c < Chains.Length; c++)
        {
            var rules = Chains[c].Rules;
            if (rules.Length > 3)
            {
                yield return WithRules(c, rules[..(rules.Length / 2)]);
                yield return WithRules(c, rules[(rules.Length / 2)..]);
            }

            for (var r = 0; r < rules.Length; r++) { yield return WithRules(c, rules.RemoveAt(r)); }
        }

        for (var c = 0; c < Chains.Length; c++)
        {
            var rules = Chains[c].Rules;
            for (var r = 0; r < rules.Length; r++)
            {
                foreach (var rule in Smaller(rules[r])) { yield return WithRules(c, rules.SetItem(r, rule)); }
            }
        }
    }

    private static IEnumerable<GeneratedRule> Smaller(GeneratedRule rule)
    {
        for (var i = 0; i < rule.Conditions.Length; i++) { yield return rule with { Conditions = rule.Conditions.RemoveAt(i) }; }
        if (rule.Target.Length > 0) { yield return rule with { Target = "" }; }
        for (var i = 0; i < rule.Conditions.Length; i++)
        {
            foreach (var condition in Smaller(rule.Conditions[i])) { yield return rule with { Conditions = rule.Conditions.SetItem(i, condition) }; }
        }
    }

    /// <summary>Fewer words: one, two or three in a row left out behind the first two.</summary>
    private static IEnumerable<string> Smaller(string condition)
    {
        var words = condition.Split(' ');
        for (var length = 3; length > 0; length--)
        {
            for (var i = 0; i + length <= words.Length; i++) { yield return string.Join(' ', words[..i].Concat(words[(i + length)..])); }
        }
    }

    private static GeneratedChain WithoutJumpsTo(GeneratedChain chain, string name) =>
        chain with { Rules = [.. chain.Rules.Where(rule => !rule.Target.EndsWith($" {name}", StringComparison.Ordinal))] };

    private GeneratedRules WithRules(int chain, ImmutableArray<GeneratedRule> rules) =>
        this with { Chains = Chains.SetItem(chain, Chains[chain] with { Rules = rules }) };
}
