using System.Collections.Immutable;
using Firewall.Compiler;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Sets;
using Firewall.Rules.Syntax;

namespace Firewall.Cli.Input;

/// <summary>A rule file, read and bound.</summary>
/// <param name="Syntax">Its lines.</param>
/// <param name="Binding">What it means, or why it means nothing.</param>
internal sealed record RuleFile(RuleSet Syntax, Binding Binding)
{
    public SourceText Source => Syntax.Source;

    public string Name => Source.Name;

    public Family Family => Syntax.Family;

    /// <summary>What it means.</summary>
    /// <exception cref="CommandFailedException">It has errors, which have been printed.</exception>
    public Policy Policy => Binding.Policy ?? throw CommandFailedException.AlreadySaid(ExitCode.BadInput);

    /// <summary>The same rules, knowing the sets they name.</summary>
    public RuleFile WithSets(SetCatalog sets) => this with { Binding = Binding with { Policy = Binding.Policy?.WithSets(sets) } };

    public static RuleFile Read(string name, BindOptions options, Invocation invocation)
    {
        var source = new SourceText(name == InputFile.StandardInput ? "<stdin>" : name, InputFile.Read(name, invocation));
        var syntax = RuleSetReader.Read(source, options.Family);
        return new RuleFile(syntax, Binder.Bind(syntax, options));
    }
}

/// <summary>The rule files of one host: one of either family, or both.</summary>
internal sealed record HostFiles(ImmutableArray<RuleFile> All)
{
    /// <summary>The sets that were given; null for none.</summary>
    public SetCatalog? Sets { get; init; }

    public RuleFile? Of(Family family) => All.FirstOrDefault(f => f.Family == family);

    public bool HaveErrors => All.Any(f => f.Binding.HasErrors);

    /// <summary>What is to be placed, of files without errors.</summary>
    public PlanRequest Request(CompileOptions options, Hooks? hooks, ImmutableArray<Hook> chains) =>
        new(Of(Family.IPv4)?.Policy, Of(Family.IPv6)?.Policy, options) { Hooks = hooks, Chains = chains };

    /// <summary>Ends the command when a file has errors; all of them have been printed.</summary>
    public HostFiles WithoutErrors() => HaveErrors ? throw CommandFailedException.AlreadySaid(ExitCode.BadInput) : this;
}
