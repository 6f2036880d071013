using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Syntax;

namespace Firewall.Rules.Policies;

/// <summary>
/// Obeys the commands of a rule set in order, as iptables-restore does with empty tables, and checks what the kernel would check. An error
/// does not stop it: all errors of a file come in one run.
/// </summary>
public sealed class Binder
{
    private readonly RuleSet _rules;
    private readonly List<Diagnostic> _diagnostics;
    private readonly List<TableDraft> _tables = [];
    private readonly FrozenModuleChains _moduleChains;
    private readonly CommandObeyer _commands;
    private TableDraft? _open;

    private Binder(RuleSet rules, BindOptions options, ImmutableArray<MatchModule> modules)
    {
        _rules = rules;
        _diagnostics = [.. rules.Diagnostics];
        _moduleChains = new FrozenModuleChains(modules);
        _commands = new CommandObeyer(rules.Family, options, _diagnostics);
    }

    /// <summary>Binds a rule set; one that was read for another family than the options name is read again.</summary>
    public static Binding Bind(RuleSet rules, BindOptions? options = null) => Bind(rules, options, MatchModules.All);

    /// <summary>As <see cref="Bind(RuleSet, BindOptions?)"/> with other modules, for tests.</summary>
    public static Binding Bind(RuleSet rules, BindOptions? options, ImmutableArray<MatchModule> modules)
    {
        if (options?.Family is { } family && family != rules.Family) { rules = RuleSetReader.Read(rules.Source, family, modules); }
        return new Binder(rules, options ?? new BindOptions(), modules).Run();
    }

    private Binding Run()
    {
        foreach (var line in _rules.Lines) { Obey(line); }
        var diagnostics = _diagnostics.OrderBy(d => d.Primary.Start).ToImmutableArray();
        var policy = diagnostics.Any(d => d.IsError) ? null : new Policy(_rules.Family, [.. _tables.Select(t => t.ToTable())]);
        return new Binding(policy, diagnostics);
    }

    private void Obey(LineNode line)
    {
        switch (line)
        {
            case TableLine table:
                _open = Begin(table.Name.Text);
                break;
            case BadLine when line.Number == 1 || _open is null:
                break;
            case ChainLine chain when _open is not null:
                _commands.Declare(_open, chain);
                break;
            case CommandLine command when _open is not null:
                _commands.Obey(_open, command);
                break;
            case CommitLine when _open is not null:
                new ReachabilityCheck(_open, _moduleChains, _diagnostics).Run();
                _open = null;
                break;
            default:
                break;
        }
    }

    /// <summary>A table named again starts empty: the second replaces the first, in the first one's place.</summary>
    private TableDraft Begin(string name)
    {
        var table = new TableDraft(name);
        var index = _tables.FindIndex(t => t.Name == name);
        if (index >= 0) { _tables[index] = table; }
        else { _tables.Add(table); }
        return table;
    }
}
