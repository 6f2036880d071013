using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Input;

/// <summary>Whether rules may be judged at XDP.</summary>
internal static class Placing
{
    /// <summary>Prints what stands against it, in all files, and ends the command if anything does.</summary>
    public static void Check(HostFiles files, Hook hook, Conversation conversation)
    {
        var refused = false;
        foreach (var file in files.All)
        {
            var found = PlacementCheck.Check(file.Policy, hook);
            conversation.Show(file.Source, found);
            refused |= found.Any(d => d.IsError);
        }

        if (refused) { throw CommandFailedException.AlreadySaid(ExitCode.NotSupported); }
    }
}
