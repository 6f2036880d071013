using System.Text;
using System.Text.Json;
using Firewall.Cli.Options;

namespace Firewall.Cli.Input;

/// <summary>The interfaces a packet came in and will leave by; null where it is not known.</summary>
internal readonly record struct Interfaces(string? In, string? Out);

/// <summary>A file beside a capture that says which packet came by which interface: JSON lines <c>{"index":0,"in":"eth0","out":"eth1"}</c>.</summary>
internal sealed class InterfaceList
{
    private readonly Dictionary<int, Interfaces> _byIndex = [];

    private InterfaceList()
    {
    }

    /// <summary>The packet's interfaces; unknown when the file does not name the packet.</summary>
    public Interfaces this[int index] => _byIndex.GetValueOrDefault(index);

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="CommandFailedException">A line cannot be read.</exception>
    public static InterfaceList Read(string name, Invocation invocation)
    {
        var list = new InterfaceList();
        var text = Encoding.UTF8.GetString(InputFile.Read(name, invocation));
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsWhiteSpace()) { continue; }
            if (list.Add(line.ToString()) is { } problem) { throw CommandFailedException.BadInput($"cannot read {name}: line {number}: {problem}", """a line is like {"index":0,"in":"eth0","out":"eth1"}"""); }
        }

        return list;
    }

    /// <summary>Adds a line, or says what is wrong with it.</summary>
    private string? Add(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind != JsonValueKind.Object) { return "not a JSON object"; }
            if (!json.RootElement.TryGetProperty("index", out var index) || !index.TryGetInt32(out var number) || number < 0) { return "no index"; }
            var interfaces = new Interfaces(Name(json, "in"), Name(json, "out"));
            if (new[] { interfaces.In, interfaces.Out }.FirstOrDefault(n => n is not null && !HookOptions.CanBeInterface(n)) is { } odd)
            {
                return $"no network interface can be called '{odd}'";
            }

            return _byIndex.TryAdd(number, interfaces) ? null : $"packet {number} occurs twice";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return e is JsonException ? "not JSON" : "a value of the wrong type";
        }
    }

    private static string? Name(JsonDocument json, string property) => json.RootElement.TryGetProperty(property, out var value) ? value.GetString() : null;
}
