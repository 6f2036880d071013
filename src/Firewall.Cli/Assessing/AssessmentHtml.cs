using System.Globalization;
using System.Net;
using System.Text;
using Firewall.Rules.Diagnostics;

namespace Firewall.Cli.Assessing;

/// <summary>An assessment as one HTML file that needs nothing else: no scripts, no pictures, no fonts.</summary>
internal static class AssessmentHtml
{
    private const string Style = """
        body { font-family: sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222; background: #fff }
        table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .15em .6em; border-bottom: 1px solid #ddd }
        code, pre { font-family: monospace; white-space: pre-wrap; overflow-wrap: anywhere }
        .compiled td:nth-child(4) { background: #dff3df } .partial td:nth-child(4) { background: #fdf3d0 }
        .deferred td:nth-child(4) { background: #f6e0d2 } .error td:nth-child(4) { background: #f5caca }
        """;

    public static string Write(Assessment assessment)
    {
        var names = string.Join(", ", assessment.Files.Select(f => f.Source.Name));
        var html = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Append(CultureInfo.InvariantCulture, $"<title>fwc assess: {Text(names)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n<h1>{Text(names)}</h1>\n<pre>");
        foreach (var line in AssessmentText.Lines(assessment, allLines: false)) { html.Append(Text(line)).Append('\n'); }
        html.Append("</pre>\n");
        foreach (var file in assessment.Files)
        {
            html.Append(CultureInfo.InvariantCulture, $"<h2>Every line of {Text(file.Source.Name)}</h2>\n<table>\n<tr><th>line</th><th>chain</th><th>no.</th><th>fate</th><th>where</th><th>rule</th><th>why</th></tr>\n");
            foreach (var line in file.Lines) { AppendRow(html, line); }
            html.Append("</table>\n");
        }

        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void AppendRow(StringBuilder html, AssessedLine line)
    {
        html.Append(CultureInfo.InvariantCulture, $"<tr class=\"{line.Fate}\">");
        foreach (var cell in new[] { line.Line.ToString(CultureInfo.InvariantCulture), line.Chain is null ? line.Table : $"{line.Table}/{line.Chain}", line.Number?.ToString(CultureInfo.InvariantCulture), line.IsUnreachable ? "compiled (no packet meets it)" : line.Fate, line.Where })
        {
            html.Append("<td>").Append(Text(cell ?? "")).Append("</td>");
        }

        html.Append("<td><code>").Append(Text(line.Text)).Append("</code></td><td>").Append(Text(line.Reason ?? "")).Append("</td></tr>\n");
    }

    /// <summary>Escaped, and without control characters.</summary>
    private static string Text(string text) => WebUtility.HtmlEncode(SourceText.Readable(text));
}
