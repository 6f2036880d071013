using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;

namespace Firewall.Rules.Policies;

/// <summary>
/// What the kernel checks when a table is committed, walking from each built-in chain (<c>mark_source_chains</c> in
/// net/ipv4/netfilter/ip_tables.c): no loops, and no module where it cannot be. Rules behind an unconditional verdict are not looked at.
/// </summary>
internal sealed class ReachabilityCheck(TableDraft table, FrozenModuleChains modules, List<Diagnostic> diagnostics)
{
    private enum State
    {
        Unseen,
        Open,
        Done,
    }

    private readonly Dictionary<ChainDraft, State> _states = [];
    private readonly HashSet<TextSpan> _reported = [];

    public void Run()
    {
        foreach (var start in table.BuiltIn)
        {
            _states.Clear();
            Walk(start);
        }
    }

    /// <summary>Depth first with a stack of its own: a file may nest chains deeper than the machine's stack.</summary>
    private void Walk(ChainDraft start)
    {
        var path = new Stack<(ChainDraft Chain, int Next)>();
        Open(start, path);
        while (path.Count > 0)
        {
            var (chain, next) = path.Pop();
            if (next >= chain.Rules.Count || (next > 0 && chain.Rules[next - 1].EndsTheChain))
            {
                _states[chain] = State.Done;
                continue;
            }

            path.Push((chain, next + 1));
            var rule = chain.Rules[next];
            CheckModules(rule, start);
            if (TableDraft.DestinationOf(rule) is not { } name || table.Chain(name) is not { } called) { continue; }
            switch (_states.GetValueOrDefault(called))
            {
                case State.Unseen: Open(called, path); break;
                case State.Open: ReportLoop(rule, called, path); break;
                default: break;
            }
        }
    }

    private void Open(ChainDraft chain, Stack<(ChainDraft Chain, int Next)> path)
    {
        _states[chain] = State.Open;
        path.Push((chain, 0));
    }

    private void ReportLoop(in RuleEntry rule, ChainDraft called, Stack<(ChainDraft Chain, int Next)> path)
    {
        if (!_reported.Add(rule.Span)) { return; }
        var circle = path.TakeWhile(p => p.Chain != called).Append(path.First(p => p.Chain == called)).Reverse().ToList();
        diagnostics.Add(Diagnostic.Error(DiagnosticCode.ChainLoop, $"chain `{called.Name}` is walked again before it has ended", rule.Span) with
        {
            Labels = [.. circle.SkipLast(1).Take(5).Select(p => new Label(p.Chain.Rules[p.Next - 1].Span, $"from `{p.Chain.Name}`"))],
            Notes = [$"the circle is {string.Join(" → ", circle.Select(p => p.Chain.Name).Append(called.Name))}"],
        });
    }

    private void CheckModules(in RuleEntry rule, ChainDraft start)
    {
        foreach (var match in rule.Matches)
        {
            if (match.ModuleName is not { } name) { continue; }
            var tables = modules.TablesOf(name);
            if (!tables.IsEmpty && !tables.Contains(table.Name))
            {
                Report(rule, $"the match {name} cannot be used in the table {table.Name}", tables);
                continue;
            }

            var chains = match.Chains.IsEmpty ? modules.ChainsOf(name) : match.Chains;
            if (chains.IsEmpty || chains.Contains(start.Name)) { continue; }
            Report(rule, $"the match {name} cannot be used in a rule that {start.Name} reaches", chains);
        }

        if (rule.Target.Chains is { IsEmpty: false } places && !places.Contains(start.Name))
        {
            Report(rule, $"the target {rule.Target.Name} cannot be used in a rule that {start.Name} reaches", places);
        }
    }

    private void Report(in RuleEntry rule, string message, ImmutableArray<string> places)
    {
        if (!_reported.Add(rule.Span)) { return; }
        diagnostics.Add(Diagnostic.Error(DiagnosticCode.WrongChain, message, rule.Span) with { Notes = [$"it works in {string.Join(", ", places)}"] });
    }
}

/// <summary>In which built-in chains and tables modules may be used, by name.</summary>
internal sealed class FrozenModuleChains(ImmutableArray<MatchModule> modules)
{
    private readonly Dictionary<string, MatchModule> _modules = modules.Where(m => !m.Chains.IsEmpty || !m.Tables.IsEmpty)
        .DistinctBy(m => m.Name).ToDictionary(m => m.Name, StringComparer.Ordinal);

    /// <summary>Empty for all.</summary>
    public ImmutableArray<string> ChainsOf(string module) => _modules.TryGetValue(module, out var found) ? found.Chains : [];

    /// <summary>Empty for all.</summary>
    public ImmutableArray<string> TablesOf(string module) => _modules.TryGetValue(module, out var found) ? found.Tables : [];
}
