using System.Text;
using Firewall.Cli.Rendering;

namespace Firewall.Cli.Logging;

/// <summary>Standard output, one JSON object a line.</summary>
internal sealed class JsonLog(TextWriter output) : ILogOutput
{
    public void Write(LogEntry entry)
    {
        JsonLine.Write(output, json =>
        {
            json.WriteStartObject();
            json.WriteString("time", entry.Time);
            json.WriteNumber("level", entry.Rule.Options.Level);
            json.WriteString("prefix", Text(entry.Rule.Options.Prefix));
            json.WriteNumber("counter", entry.Rule.Counter);
            if (entry.Rule.Options.Netlink is { } netlink) { json.WriteNumber("group", netlink.Group); }
            json.WriteString("in", entry.In);
            json.WriteString("out", entry.Out);
            json.WriteNumber("length", entry.Record.FrameLength);
            json.WriteString("line", Text(entry.Line));
            json.WriteEndObject();
        });
        output.Flush();
    }

    public void Dispose()
    {
        // Standard output is not ours to close.
    }

    /// <summary>The characters that the bytes stand for.</summary>
    private static string Text(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes));
}
