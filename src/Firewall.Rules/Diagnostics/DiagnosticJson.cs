using System.Text.Json;

namespace Firewall.Rules.Diagnostics;

/// <summary>
/// Writes diagnostics for programs. Lines and columns count from 1 (columns in characters), offsets and lengths are bytes;
/// the end is the place behind the last character.
/// </summary>
public static class DiagnosticJson
{
    /// <summary>Writes one object: <c>{"code":…,"severity":…,"message":…,"file":…,"line":…,"column":…,…}</c>.</summary>
    public static void Write(Utf8JsonWriter writer, Diagnostic diagnostic, SourceText source)
    {
        writer.WriteStartObject();
        writer.WriteString("code", diagnostic.Code.Code);
        writer.WriteString("severity", diagnostic.IsError ? "error" : "warning");
        writer.WriteString("message", SourceText.Readable(diagnostic.Message));
        writer.WriteString("file", source.Name);
        WritePlace(writer, diagnostic.Primary, source);
        writer.WriteStartArray("labels");
        foreach (var label in diagnostic.Labels)
        {
            writer.WriteStartObject();
            writer.WriteString("text", SourceText.Readable(label.Text));
            WritePlace(writer, label.Span, source);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notes");
        foreach (var note in diagnostic.Notes) { writer.WriteStringValue(SourceText.Readable(note)); }
        writer.WriteEndArray();
        writer.WriteString("help", diagnostic.Help is { } help ? SourceText.Readable(help) : null);
        writer.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter writer, TextSpan span, SourceText source)
    {
        var (line, column) = source.PositionOf(span.Start);
        var (endLine, endColumn) = source.PositionOf(span.End);
        writer.WriteNumber("line", line);
        writer.WriteNumber("column", column);
        writer.WriteNumber("endLine", endLine);
        writer.WriteNumber("endColumn", endColumn);
        writer.WriteNumber("offset", span.Start);
        writer.WriteNumber("length", span.Length);
    }
}
