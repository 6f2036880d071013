using System.Text;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;

namespace Firewall.Rules.Tests;

/// <summary>Short ways to read rules in tests.</summary>
internal static class Reading
{
    public static Binding Bind(string text, Family? family = null, Func<string, IReadOnlyList<System.Net.IPAddress>>? resolver = null) =>
        Binder.Bind(RuleSetReader.Read(new SourceText("rules.txt", Encoding.Latin1.GetBytes(text)), family), new BindOptions(family, resolver));

    /// <summary>The filter table with the lines given between its header and its COMMIT.</summary>
    public static string Filter(params string[] lines) => $"*filter\n{string.Concat(lines.Select(l => l + "\n"))}COMMIT\n";

    /// <summary>Canonical text of the rules a file makes, each with its <c>-A CHAIN</c>.</summary>
    public static string[] Rules(string text, Family? family = null)
    {
        var binding = Bind(text, family);
        Assert.True(binding.Policy is not null, string.Join("; ", binding.Diagnostics.Select(d => $"{d.Code} {d.Message}")));
        return [.. SaveFormat.Write(binding.Policy!).Split('\n').Where(l => l.StartsWith("-A", StringComparison.Ordinal))];
    }

    public static string[] Codes(string text, Family? family = null) => [.. Bind(text, family).Diagnostics.Select(d => d.Code.Code)];
}
