using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using Firewall.Cli.Assessing;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Kernel.Errors;
using Firewall.Kernel.Network;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc assess RULES</c>: what the rules would need, and how much of them programs can take over. Nothing is refused.</summary>
internal static class AssessCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, placement) = (new RuleFileOptions(), new PlacementOptions());
        var json = OutputOptions.Json("The assessment as one JSON object.");
        var html = new Option<string?>("--html") { HelpName = "FILE", Description = "Write a report for browsers, too." };
        return shell.Command("assess", "Tells what becomes of every rule, and what the kernel must have.", [.. rules.All, .. placement.All, json, html], invocation =>
        {
            var files = rules.Load(invocation);
            var assessment = Assessment.Of(files, left => AllChains(placement.Request(left, invocation)), Interfaces(invocation.Get(placement.Interface)));
            if (invocation.Get(html) is { } path) { OutputFile.Write(path, Encoding.UTF8.GetBytes(AssessmentHtml.Write(assessment)), invocation.Cancellation); }
            if (invocation.Get(json)) { JsonLine.Write(invocation.Out, writer => AssessmentJson.Write(writer, assessment)); }
            else
            {
                invocation.Conversation.Show(files);
                foreach (var line in AssessmentText.Lines(assessment, invocation.Conversation.IsVerbose)) { invocation.Out.WriteLine(line); }
            }

            return ExitCode.Done;
        });
    }

    /// <summary>Everything that can be had, unless somebody asks for less.</summary>
    private static PlanRequest AllChains(PlanRequest request) => request with { Chains = request.Chains.IsEmpty ? [Hook.Input, Hook.Forward, Hook.Output] : request.Chains };

    /// <summary>Names of this host's interfaces, if it is the one that is meant: it has the interface that the rules are assessed for.</summary>
    private static ImmutableHashSet<string>? Interfaces(string? given)
    {
        if (given is null) { return null; }
        try
        {
            var here = NetworkInterfaces.All().Select(i => i.Name).ToImmutableHashSet(StringComparer.Ordinal);
            return here.Contains(given) ? here : null;
        }
        catch (KernelException)
        {
            // Another system, or a sandbox: then it is not the host that is meant.
            return null;
        }
    }
}
