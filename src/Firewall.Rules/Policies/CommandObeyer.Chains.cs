using Firewall.Rules.Diagnostics;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <content>Commands on chains.</content>
internal sealed partial class CommandObeyer
{
    /// <summary><c>XT_EXTENSION_MAXNAMELEN</c> (linux/netfilter/x_tables.h) without its closing zero, in bytes.</summary>
    private const int MaximumChainNameLength = 28;

    /// <summary><c>:INPUT DROP [7:700]</c> sets a policy, <c>:mychain -</c> makes a chain.</summary>
    public void Declare(TableDraft table, ChainLine line)
    {
        if (table.Chain(line.Name.Text) is { IsBuiltIn: true } builtIn)
        {
            builtIn.Declaration = line.Span;
            if (line.Policy.Text != "-" && ReadPolicy(line.Policy) is { } policy) { (builtIn.Policy, builtIn.Counters) = (policy, line.Counters ?? default); }
            return;
        }

        if (!IsChainNameGood(line.Name, isCommand: false) || NewChain(table, line.Name, line.Span) is not { } || line.Policy.Text == "-") { return; }
        if (BuiltInChains.Tables.Any(t => BuiltInChains.Of(t).Contains(line.Name.Text)))
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.BadPolicy, $"the table {table.Name} has no built-in chain `{line.Name.Text}`", line.Name.Span,
                $"its built-in chains are {string.Join(", ", BuiltInChains.Of(table.Name))}"));
        }
        else if (ReadPolicy(line.Policy) is not null)
        {
            diagnostics.Add(Diagnostic.Warning(DiagnosticCode.PolicyOnUserChain, $"the user chain `{line.Name.Text}` cannot have a policy; it is ignored",
                line.Policy.Span, "write `-`; iptables-legacy-restore refuses a policy here, iptables-nft-restore ignores it"));
        }
    }

    private ChainDraft? NewChain(TableDraft table, Word name, TextSpan place)
    {
        if (table.Chain(name.Text) is { } existing)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.ChainExists, $"the chain `{name.Text}` exists already", name.Span) with
            {
                Labels = existing.Declaration is { } first ? [new(first, "first declared here")] : [],
            });
            return null;
        }

        if (!TargetBinder.IsStandard(name.Text)) { return table.Add(name.Text, place); }
        diagnostics.Add(Diagnostic.Error(DiagnosticCode.ChainExists, $"a chain cannot be called {name.Text}, which is a target", name.Span));
        return null;
    }

    /// <summary>Commands check more than chain lines do (<c>assert_valid_chain_name</c> in iptables/xshared.c).</summary>
    private bool IsChainNameGood(Word name, bool isCommand)
    {
        string? problem = name.Text.Length > MaximumChainNameLength ? $"is longer than {MaximumChainNameLength} bytes"
            : name.Text.Length == 0 ? "is empty"
            : isCommand && name.Text[0] is '-' or '!' ? $"begins with `{name.Text[0]}`"
            : isCommand && name.Text.AsSpan().ContainsAny(" \t\n") ? "holds blanks"
            : null;
        if (problem is null) { return true; }
        diagnostics.Add(Diagnostic.Error(DiagnosticCode.BadChainName, $"the chain name `{name.Text}` {problem}", name.Span));
        return false;
    }

    private void DeleteChains(TableDraft table, Command command)
    {
        foreach (var chain in ChainsOf(table, command).Where(c => command.Chain is not null || !c.IsBuiltIn))
        {
            string? problem = chain.IsBuiltIn ? "it is built in" : chain.Rules.Count > 0 ? "it has rules" : null;
            var user = table.ReferenceTo(chain.Name);
            if (problem is null && user is not null) { problem = "a rule jumps to it"; }
            if (problem is null) { table.Remove(chain); }
            else
            {
                diagnostics.Add(Diagnostic.Error(DiagnosticCode.ChainInUse, $"the chain `{chain.Name}` cannot be deleted: {problem}", command.Span) with
                {
                    Labels = user is { } rule ? [new(rule.Span, "this one")] : [],
                });
            }
        }
    }

    private void Rename(TableDraft table, Command command)
    {
        var name = command.Argument!.Value;
        if (FindChain(table, command.Chain!.Value) is not { } chain || !IsChainNameGood(name, isCommand: true)) { return; }
        if (chain.IsBuiltIn)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.ChainInUse, $"the built-in chain `{chain.Name}` cannot be renamed", command.Span));
        }
        else if (table.Chain(name.Text) is not null || TargetBinder.IsStandard(name.Text))
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.ChainExists, $"the name `{name.Text}` is taken", name.Span));
        }
        else
        {
            table.Rename(chain, name.Text);
        }
    }

    private void Zero(TableDraft table, Command command)
    {
        if (command.Number is not { } number)
        {
            ForEachChain(table, command, ZeroAll);
        }
        else if (FindChain(table, command.Chain!.Value) is { } chain && IsRuleNumberGood(chain, number, chain.Rules.Count, command))
        {
            chain.Rules[number - 1] = chain.Rules[number - 1] with { Counters = default(Counters) };
        }
    }

    private static void ZeroAll(ChainDraft chain)
    {
        chain.Counters = default;
        for (var i = 0; i < chain.Rules.Count; i++) { chain.Rules[i] = chain.Rules[i] with { Counters = default(Counters) }; }
    }

    private void ForEachChain(TableDraft table, Command command, Action<ChainDraft> action)
    {
        foreach (var chain in ChainsOf(table, command)) { action(chain); }
    }

    /// <summary>The chain a command names, or all of them where it names none; a copy, so that chains may be removed meanwhile.</summary>
    private List<ChainDraft> ChainsOf(TableDraft table, Command command)
    {
        if (command.Chain is not { } name) { return [.. table.Chains]; }
        return FindChain(table, name) is { } chain ? [chain] : [];
    }

    private void SetPolicy(TableDraft table, Command command)
    {
        if (FindChain(table, command.Chain!.Value) is not { } chain) { return; }
        if (!chain.IsBuiltIn)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.BadPolicy, $"the user chain `{chain.Name}` cannot have a policy", command.Span));
        }
        else if (table.Name == "nat" && command.Argument!.Value.Text == "DROP")
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.DropInNat, "the policy DROP in the nat table", command.Argument.Value.Span, "filter in the filter table"));
        }
        else if (ReadPolicy(command.Argument!.Value) is { } policy)
        {
            (chain.Policy, chain.Counters) = (policy, default);
        }
    }

    private Verdict? ReadPolicy(Word word)
    {
        switch (word.Text)
        {
            case "ACCEPT": return Verdict.Accept;
            case "DROP": return Verdict.Drop;
            default:
                diagnostics.Add(Diagnostic.Error(DiagnosticCode.BadPolicy, $"`{word.Text}` cannot be a policy", word.Span, "a policy is ACCEPT or DROP"));
                return null;
        }
    }
}
