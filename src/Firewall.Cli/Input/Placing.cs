using System.Collections.Immutable;
using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;

namespace Firewall.Cli.Input;

/// <summary>Where the rules of some files are judged, and what stands against judging them exactly.</summary>
internal sealed record Placing(HostFiles Files, Plan Plan)
{
    /// <summary>What stands against it in one of the files.</summary>
    public ImmutableArray<Diagnostic> In(RuleFile file) => PlanFindings.Of(Plan, file.Policy);

    /// <summary>Prints what stands against it, in all files, and ends the command if anything does.</summary>
    public void DemandExact(Conversation conversation)
    {
        if (Plan.IsExact) { return; }
        foreach (var file in Files.All) { conversation.Show(file.Source, In(file)); }
        throw CommandFailedException.AlreadySaid(ExitCode.NotSupported);
    }
}
