using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Rendering;

/// <summary>Counters for programs: an array <c>counters</c> of the object being written; numbers above 2^53 are strings.</summary>
internal static class CounterJson
{
    private const ulong LargestExact = 1UL << 53;

    public static void Write(Utf8JsonWriter writer, CounterLayout layout, ImmutableArray<Counters> counters)
    {
        writer.WriteStartArray("counters");
        for (var i = 0; i < layout.Entries.Length; i++)
        {
            var (entry, value) = (layout.Entries[i], counters.IsEmpty ? default : counters[i]);
            writer.WriteStartObject();
            writer.WriteNumber("family", (int)entry.Family);
            writer.WriteString("table", HostRules.Table);
            writer.WriteString("chain", entry.Chain.Name);
            if (entry.Rule is { } rule)
            {
                writer.WriteNumber("number", rule.Number);
                writer.WriteNumber("line", rule.Line);
                writer.WriteString("rule", rule.ToText());
            }
            else
            {
                writer.WriteString("policy", entry.Chain.Policy.ToString()!.ToUpperInvariant());
            }

            WriteCount(writer, "packets", value.Packets);
            WriteCount(writer, "bytes", value.Bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static void WriteCount(Utf8JsonWriter writer, string name, ulong count)
    {
        if (count <= LargestExact) { writer.WriteNumber(name, count); }
        else { writer.WriteString(name, count.ToString(CultureInfo.InvariantCulture)); }
    }
}
