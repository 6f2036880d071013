using System.Text;
using System.Text.Json;
using Firewall.Cli.Rendering;
using Firewall.Rules.Policies;
using Firewall.Rules.Targets;

namespace Firewall.Cli.Attachment;

/// <summary>A reading as JSON, for <c>fwc counters --json</c>.</summary>
internal static class ReadingJson
{
    /// <summary>Version of the schema.</summary>
    private const int Version = 1;

    /// <summary>One object on one line.</summary>
    public static void Write(CounterReading reading, TextWriter output) => JsonLine.Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("fwc", Version);
        json.WriteString("command", "counters");
        json.WriteStartObject("result");
        WriteNote(json, reading.Note);
        Write(json, "families", reading.Families, Write);
        Write(json, "deferred", reading.Deferred, Write);
        json.WriteEndObject();
        json.WriteStartArray("diagnostics");
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteNote(Utf8JsonWriter json, FirewallNote note)
    {
        json.WriteString("interface", note.Interface);
        json.WriteString("chain", note.Chain);
        json.WriteString("mode", note.Mode);
        json.WriteString("deferredAction", note.Deferred);
        json.WriteString("attached", note.Attached);
    }

    private static void Write(Utf8JsonWriter json, FamilyReading family)
    {
        json.WriteNumber("family", (int)family.Family);
        json.WriteString("file", family.File);
        Write(json, "chains", family.Chains, Write);
    }

    private static void Write(Utf8JsonWriter json, ChainReading chain)
    {
        json.WriteString("name", Text(chain.Chain.Name));
        json.WriteString("policy", chain.Chain.Policy switch { Verdict.Accept => "ACCEPT", Verdict.Drop => "DROP", _ => null });
        WriteCounters(json, chain.Policy);
        Write(json, "rules", chain.Rules, Write);
    }

    private static void Write(Utf8JsonWriter json, RuleReading rule)
    {
        json.WriteNumber("number", rule.Rule.Number);
        json.WriteNumber("line", rule.Rule.Line);
        json.WriteString("rule", Text(rule.Rule.ToText()));
        WriteCounters(json, rule.Counters);
    }

    private static void Write(Utf8JsonWriter json, ReasonReading reason)
    {
        json.WriteString("reason", reason.Reason);
        json.WriteString("action", reason.Passes ? "kernel" : "drop");
        WriteCounters(json, reason.Counters);
    }

    private static void WriteCounters(Utf8JsonWriter json, Counters counters)
    {
        CounterJson.WriteCount(json, "packets", counters.Packets);
        CounterJson.WriteCount(json, "bytes", counters.Bytes);
    }

    private static void Write<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Rule texts have one char for each byte; JSON wants UTF-8, with U+FFFD for what is not.</summary>
    private static string Text(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
}
