using System.Collections.Immutable;
using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Input;

/// <summary>Whether rules may be judged at XDP.</summary>
internal static class Placing
{
    /// <summary>What stands against it in a file without errors.</summary>
    public static ImmutableArray<Diagnostic> Find(RuleFile file, Hook hook) => PlacementCheck.Check(file.Policy, hook);

    /// <summary>Prints what stands against it, in all files, and ends the command if anything does.</summary>
    public static void Check(HostFiles files, Hook hook, Conversation conversation)
    {
        var found = files.All.Select(f => (f.Source, Diagnostics: Find(f, hook))).ToList();
        foreach (var (source, diagnostics) in found) { conversation.Show(source, diagnostics); }
        if (found.Any(f => f.Diagnostics.Any(d => d.IsError))) { throw CommandFailedException.AlreadySaid(ExitCode.NotSupported); }
    }
}
