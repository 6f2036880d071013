using System.Text.Json;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;

namespace Firewall.Cli.Rendering;

/// <summary>A decision as <c>fwc run --json</c> prints it.</summary>
internal static class DecisionJson
{
    public static void Write(Utf8JsonWriter writer, int index, Decision decision)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index", index);
        writer.WriteString("verdict", decision.Verdict);
        if (decision.Rule is { } rule)
        {
            writer.WriteStartObject("rule");
            writer.WriteNumber("family", (int)rule.Family);
            writer.WriteString("table", rule.Table);
            writer.WriteString("chain", rule.Chain);
            writer.WriteNumber("number", rule.Number);
            writer.WriteNumber("line", rule.Line);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("rule");
        }

        writer.WriteBoolean("hotdrop", decision.IsHotdrop);
        writer.WriteString("reason", decision.Reason?.Text());
        writer.WriteEndObject();
    }
}
