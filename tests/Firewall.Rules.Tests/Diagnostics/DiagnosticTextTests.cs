using System.Text;
using System.Text.Json;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Diagnostics;

public class DiagnosticTextTests
{
    private static readonly SourceText Source = SourceText.From(
        "*filter\n:a -\n:a -\n-A INPUT -p tcp\t--dport 80 -m comment --comment \"größe\" -j accept\n-A INPUT -p tcp --dport ! 80\n"
        + "-A INPUT -m comment --comment \"" + new string('x', 300) + "\" -s 10.0.0.0/33 -d " + new string('1', 200) + "\n"
        + "-A a -j a\n-A INPUT -j a\nCOMMIT\n");

    [Fact]
    public void Diagnostics_show_the_line_and_underline_the_words_meant() => Golden.Verify(Render(colours: false));

    [Fact]
    public void Colours_are_only_added_when_asked_for()
    {
        Assert.DoesNotContain('\e', Render(colours: false));
        Assert.Contains("\e[1;31merror[FWC0202]\e[0m", Render(colours: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_names_the_place_in_lines_columns_and_bytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartArray();
            foreach (var diagnostic in Binder.Bind(RuleSetReader.Read(Source)).Diagnostics.Take(3)) { DiagnosticJson.Write(writer, diagnostic, Source); }
            writer.WriteEndArray();
        }

        Golden.Verify(Encoding.UTF8.GetString(bytes.ToArray()) + "\n");
    }

    [Fact]
    public void Columns_count_characters_not_bytes()
    {
        var source = SourceText.From("*filter\n-A INPUT -m comment --comment ü -j x\nCOMMIT\n");

        Assert.Equal(new LinePosition(2, 36), source.PositionOf(source.Text.IndexOf("x\n", StringComparison.Ordinal)));
    }

    private static string Render(bool colours) =>
        string.Join("\n", Binder.Bind(RuleSetReader.Read(Source)).Diagnostics.Select(d => DiagnosticText.Render(d, Source, colours)));
}
