using System.Collections.Immutable;
using System.CommandLine;
using Firewall.Cli.Input;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc check RULES</c>: what is wrong with the rules, and nothing else.</summary>
internal static class CheckCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, hook) = (new RuleFileOptions(), new HookOptions());
        var json = OutputOptions.Json("Diagnostics as one JSON object.");
        return shell.Command("check", "Reports errors and warnings in a rule file, and what cannot be compiled.", [.. rules.All, hook.Chain, json], invocation =>
        {
            var findings = rules.Load(invocation).All.Select(f => new Findings(f, invocation.Get(hook.Chain))).ToImmutableArray();
            if (invocation.Get(json)) { WriteJson(findings, invocation.Out); }
            else
            {
                foreach (var (file, diagnostics) in findings.Select(f => (f.File, f.Diagnostics))) { invocation.Conversation.Show(file.Source, diagnostics); }
            }

            return findings.Any(f => f.File.Binding.HasErrors) ? ExitCode.BadInput
                : findings.Any(f => f.Diagnostics.Any(d => d.IsError)) ? ExitCode.NotSupported
                : ExitCode.Done;
        });
    }

    /// <summary>What is to be said about a file: errors in it or, when there are none, what stands against compiling it.</summary>
    private sealed record Findings(RuleFile File, Hook Hook)
    {
        public ImmutableArray<Diagnostic> Diagnostics { get; } =
            File.Binding.HasErrors ? File.Binding.Diagnostics : [.. File.Binding.Diagnostics, .. Placing.Find(File, Hook)];
    }

    private static void WriteJson(ImmutableArray<Findings> findings, TextWriter output) => JsonLine.Write(output, writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("fwc", 1);
        writer.WriteString("command", "check");
        writer.WriteStartArray("diagnostics");
        foreach (var finding in findings)
        {
            foreach (var diagnostic in finding.Diagnostics) { DiagnosticJson.Write(writer, diagnostic, finding.File.Source); }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
