using System.Text.Json;
using Firewall.Cli.Rendering;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Assessing;

/// <summary>An assessment for programs.</summary>
internal static class AssessmentJson
{
    public static void Write(Utf8JsonWriter writer, Assessment assessment)
    {
        writer.WriteStartObject();
        writer.WriteNumber("fwc", 1);
        writer.WriteString("command", "assess");
        writer.WriteStartObject("result");
        WriteLines(writer, assessment);
        writer.WriteStartArray("deferredClasses");
        foreach (var reason in assessment.DeferredClasses.Select(c => c.Reason).Distinct()) { writer.WriteStringValue(reason.Text()); }
        writer.WriteEndArray();
        WriteChains(writer, assessment);
        WriteShares(writer, assessment);
        WriteTexts(writer, "needs", assessment.Needs);
        WriteTexts(writer, "findings", assessment.Findings);
        writer.WriteEndObject();
        writer.WriteStartArray("diagnostics");
        foreach (var file in assessment.Files)
        {
            foreach (var diagnostic in file.Diagnostics) { DiagnosticJson.Write(writer, diagnostic, file.Source); }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteLines(Utf8JsonWriter writer, Assessment assessment)
    {
        writer.WriteStartArray("lines");
        foreach (var file in assessment.Files)
        {
            foreach (var line in file.Lines)
            {
                writer.WriteStartObject();
                if (assessment.Files.Length > 1) { writer.WriteString("file", file.Source.Name); }
                writer.WriteNumber("line", line.Line);
                writer.WriteString("table", line.Table);
                writer.WriteString("chain", line.Chain);
                if (line.Number is { } number) { writer.WriteNumber("number", number); }
                else { writer.WriteNull("number"); }
                writer.WriteString("fate", line.Fate);
                writer.WriteString("where", line.Where);
                writer.WriteString("reason", line.Reason is { } reason ? SourceText.Readable(reason) : null);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteChains(Utf8JsonWriter writer, Assessment assessment)
    {
        writer.WriteStartArray("chains");
        foreach (var chain in assessment.Plan?.Chains ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("chain", chain.Chain.ChainName());
            writer.WriteString("where", FateText.Of(chain.Hooks));
            writer.WriteString("why", chain.Why);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteShares(Utf8JsonWriter writer, Assessment assessment)
    {
        writer.WriteStartObject("shares");
        foreach (var fate in new[] { AssessedLine.Compiled, "partial", "deferred", AssessedLine.Error }) { writer.WriteNumber(fate, assessment.Lines.Count(l => l.Fate == fate)); }
        writer.WriteNumber("unreachable", assessment.Lines.Count(l => l.IsUnreachable));
        writer.WriteStartArray("reasons");
        foreach (var reason in assessment.Reasons)
        {
            writer.WriteStartObject();
            writer.WriteString("reason", reason.Key);
            writer.WriteNumber("lines", reason.Count());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts) { writer.WriteStringValue(SourceText.Readable(text)); }
        writer.WriteEndArray();
    }
}
