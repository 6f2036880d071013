using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>Does to a table what one line says (<c>do_command4</c> in iptables/iptables.c, libiptc/libiptc.c).</summary>
internal sealed partial class CommandObeyer(Family family, BindOptions options, List<Diagnostic> diagnostics)
{
    private readonly RuleBinder _rules = new(family, options, diagnostics);
    private readonly TargetBinder _targets = new(family, diagnostics);

    public void Obey(TableDraft table, CommandLine line)
    {
        var command = line.Command;
        switch (command.Kind)
        {
            case CommandKind.NewChain:
                if (IsChainNameGood(command.Chain!.Value, isCommand: true)) { NewChain(table, command.Chain!.Value, line.Span); }
                break;
            case CommandKind.DeleteChain: DeleteChains(table, command); break;
            case CommandKind.RenameChain: Rename(table, command); break;
            case CommandKind.Flush: ForEachChain(table, command, chain => chain.Rules.Clear()); break;
            case CommandKind.Zero: Zero(table, command); break;
            case CommandKind.Policy: SetPolicy(table, command); break;
            default: ObeyRule(table, line, command); break;
        }
    }

    private void ObeyRule(TableDraft table, CommandLine line, Command command)
    {
        CheckInterfaces(command);
        var name = command.Chain!.Value;
        var chain = FindChain(table, name);
        if (command is { Kind: CommandKind.Delete, Number: { } number })
        {
            if (chain is not null && IsRuleNumberGood(chain, number, chain.Rules.Count, command)) { chain.Rules.RemoveAt(number - 1); }
            return;
        }

        var conditions = _rules.Bind(command.Rule);
        var target = _targets.Bind(command.Rule.Target, table, _rules.ContextFor(command.Rule), conditions?[0]);
        if (chain is null || conditions is not { } rules || target is null) { return; }
        var counters = line.Counters ?? command.Rule.SetCounters;
        switch (command.Kind)
        {
            case CommandKind.Append:
                foreach (var matches in rules) { chain.Rules.Add(new RuleEntry(matches, target, counters, line.Number, line.Span)); }
                break;
            case CommandKind.Insert:
                Insert(chain, command, rules.Select(m => new RuleEntry(m, target, counters, line.Number, line.Span)));
                break;
            case CommandKind.Replace:
                Replace(chain, command, rules, new RuleEntry(rules[0], target, counters, line.Number, line.Span));
                break;
            default:
                foreach (var matches in rules) { Find(chain, command, matches, target); }
                break;
        }
    }

    /// <summary>Each rule of a list goes to the same place, so that they end up in reverse, as iptables does it.</summary>
    private void Insert(ChainDraft chain, Command command, IEnumerable<RuleEntry> rules)
    {
        var number = command.Number ?? 1;
        if (!IsRuleNumberGood(chain, number, chain.Rules.Count + 1, command)) { return; }
        foreach (var rule in rules) { chain.Rules.Insert(number - 1, rule); }
    }

    private void Replace(ChainDraft chain, Command command, ImmutableArray<ImmutableArray<Match>> rules, RuleEntry rule)
    {
        if (rules.Length > 1)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.BadCommand, "`-R` puts one rule in another's place, and a list of addresses makes several",
                command.Span, "use `-D` and `-I`"));
        }
        else if (IsRuleNumberGood(chain, command.Number!.Value, chain.Rules.Count, command))
        {
            chain.Rules[command.Number.Value - 1] = rule;
        }
    }

    /// <summary>For <c>-D</c> and <c>-C</c>: the first rule with the same conditions and target; counters do not count.</summary>
    private void Find(ChainDraft chain, Command command, ImmutableArray<Match> matches, Target target)
    {
        var index = chain.Rules.FindIndex(r => r.Target == target && r.Matches.AsSpan().SequenceEqual(matches.AsSpan()));
        if (index < 0)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.RuleNotFound, $"there is no such rule in `{chain.Name}` at this point", command.Span));
        }
        else if (command.Kind == CommandKind.Delete)
        {
            chain.Rules.RemoveAt(index);
        }
    }

    /// <summary>Only for a built-in chain named in the line itself; a user chain may ask for both (<c>do_parse</c> in iptables/xshared.c).</summary>
    private void CheckInterfaces(Command command)
    {
        var chain = command.Chain!.Value.Text;
        foreach (ref readonly var condition in command.Rule.Conditions.AsSpan())
        {
            if (condition.Kind == ConditionKind.OutInterface && chain is "INPUT" or "PREROUTING")
            {
                diagnostics.Add(Diagnostic.Error(DiagnosticCode.InterfaceInWrongChain, $"`-o` in {chain}: packets here have no output device yet", condition.Span));
            }

            if (condition.Kind == ConditionKind.InInterface && chain is "OUTPUT" or "POSTROUTING")
            {
                diagnostics.Add(Diagnostic.Error(DiagnosticCode.InterfaceInWrongChain, $"`-i` in {chain}: packets here have no input device any more", condition.Span));
            }
        }
    }

    private bool IsRuleNumberGood(ChainDraft chain, int number, int maximum, Command command)
    {
        if (number <= maximum) { return true; }
        diagnostics.Add(Diagnostic.Error(DiagnosticCode.RuleNumber, $"`{chain.Name}` has {chain.Rules.Count} rules at this point; there is no place {number}",
            command.Span));
        return false;
    }

    private ChainDraft? FindChain(TableDraft table, Word name)
    {
        if (table.Chain(name.Text) is { } chain) { return chain; }
        var help = Spelling.Nearest(name.Text, table.Chains.Select(c => c.Name)) is { } near
            ? $"did you mean `{near}`?"
            : $"declare it with `:{name.Text} -` above";
        diagnostics.Add(Diagnostic.Error(DiagnosticCode.UnknownChain, $"there is no chain `{name.Text}` in {table.Name}", name.Span, help));
        return null;
    }
}
