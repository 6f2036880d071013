using System.Collections.Immutable;
using System.CommandLine;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Rules.Diagnostics;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc check RULES</c>: what is wrong with the rules, and nothing else.</summary>
internal static class CheckCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, placement) = (new RuleFileOptions(), new PlacementOptions());
        var json = OutputOptions.Json("Diagnostics as one JSON object.");
        return shell.Command("check", "Reports errors and warnings in a rule file, and what cannot be compiled exactly.", [.. rules.All, .. placement.All, json], invocation =>
        {
            var files = rules.Load(invocation);
            var findings = Find(files, placement, invocation);
            if (invocation.Get(json)) { WriteJson(findings, invocation.Out); }
            else
            {
                foreach (var (file, diagnostics) in findings) { invocation.Conversation.Show(file.Source, diagnostics); }
            }

            return files.HaveErrors ? ExitCode.BadInput
                : findings.Any(f => f.Diagnostics.Any(d => d.IsError)) ? ExitCode.NotSupported
                : ExitCode.Done;
        });
    }

    /// <summary>What is to be said about each file: errors in them or, when there are none, what stands against an exact compile.</summary>
    private static ImmutableArray<(RuleFile File, ImmutableArray<Diagnostic> Diagnostics)> Find(HostFiles files, PlacementOptions placement, Invocation invocation)
    {
        if (files.HaveErrors) { return [.. files.All.Select(f => (f, f.Binding.Diagnostics))]; }
        var request = placement.Request(files, invocation);
        var placing = new Placing(files, Planner.Make(request));
        return [.. files.All.Select(f => (f, request.Profile == Profile.Offload ? f.Binding.Diagnostics : [.. f.Binding.Diagnostics, .. placing.In(f)]))];
    }

    private static void WriteJson(ImmutableArray<(RuleFile File, ImmutableArray<Diagnostic> Diagnostics)> findings, TextWriter output) => JsonLine.Write(output, writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("fwc", 1);
        writer.WriteString("command", "check");
        writer.WriteStartArray("diagnostics");
        foreach (var (file, diagnostics) in findings)
        {
            foreach (var diagnostic in diagnostics) { DiagnosticJson.Write(writer, diagnostic, file.Source); }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
