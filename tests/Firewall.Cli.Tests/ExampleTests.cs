using System.Text.Json;
using Firewall.Cli.Input;
using Firewall.Testing;

namespace Firewall.Cli.Tests;

/// <summary>What the examples expect, asked of every engine. A line of <c>expect.txt</c>: verdict, what decides (<c>CHAIN:NUMBER</c>, <c>policy</c> or a reason), packet.</summary>
public sealed class ExampleTests
{
    public static TheoryData<string, string> ExamplesAndEngines
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var example in Directory.GetDirectories(Repository.PathOf("examples")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal))
            {
                foreach (var engine in new[] { "interpreter", "vm", "kernel" }) { all.Add(example, engine); }
            }

            return all;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(ExamplesAndEngines))]
    public void An_example_decides_as_its_expectations_say(string example, string engine)
    {
        if (engine == "kernel") { KernelRequired.That(Environment.IsPrivilegedProcess, "loading programs needs root"); }
        var (chain, expectations) = Expectations(example);
        Assert.NotEmpty(expectations);
        using var fwc = new Fwc();
        string[] arguments =
        [
            "run", Repository.PathOf("examples", example, "rules.txt"), .. Rules6(example), "--chain", chain, "--engine", engine, "--json",
            "--pcap", fwc.File("packets.pcap", Captures.Pcap(expectations.Select(e => e.Packet.Packet))),
            "--meta", fwc.File("meta.jsonl", string.Concat(expectations.Select((e, i) => $$"""{"index":{{i}},"in":"{{e.Packet.Interfaces.In}}"}""" + "\n"))),
        ];
        var answer = fwc.Run(arguments);
        Assert.True(answer.Code == ExitCode.Done, answer.Error);
        var decided = answer.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Decision);
        Assert.Equal(expectations.Select(e => $"{e.Verdict} {e.Decider} {e.Text}"), decided.Zip(expectations, (d, e) => $"{d} {e.Text}"));
    }

    [Theory]
    [InlineData("laptop")]
    [InlineData("web-server")]
    [InlineData("router")]
    [InlineData("block-list")]
    public void Every_example_compiles_and_its_README_shows_only_commands_that_work(string example)
    {
        using var fwc = new Fwc();
        foreach (var line in File.ReadLines(Repository.PathOf("examples", example, "README.md")).Where(l => l.StartsWith("    fwc ", StringComparison.Ordinal)))
        {
            var arguments = Words(line.Trim()["fwc ".Length..]).Select(w => w.StartsWith("examples/", StringComparison.Ordinal) ? Repository.PathOf(w) : w);
            var answer = fwc.Run([.. arguments, .. line.Contains(" compile ", StringComparison.Ordinal) ? new[] { "-o", fwc.Path("out.o") } : []]);
            Assert.True(answer.Code == ExitCode.Done, line + "\n" + answer.Error);
        }

        Assert.True(File.Exists(fwc.Path("out.o")), "the README shows how to compile");
    }

    private static (string Chain, List<(string Verdict, string Decider, string Text, PacketDescription Packet)> Lines) Expectations(string example)
    {
        var lines = File.ReadAllLines(Repository.PathOf("examples", example, "expect.txt"));
        var chain = lines[0] == "# chain FORWARD" ? "FORWARD" : "INPUT";
        return (chain, [.. lines.Where(l => l.Length > 0 && l[0] != '#').Select(l =>
        {
            var parts = l.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return (parts[0], parts[1], parts[2], PacketDescription.Parse(parts[2]));
        })]);
    }

    private static string[] Rules6(string example) =>
        Repository.PathOf("examples", example, "rules6.txt") is var path && File.Exists(path) ? ["--rules6", path] : [];

    private static string Decision(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var rule = root.GetProperty("rule");
        var decider = root.GetProperty("reason").GetString()
            ?? (rule.ValueKind == JsonValueKind.Null ? "policy" : $"{rule.GetProperty("chain").GetString()}:{rule.GetProperty("number").GetInt32()}");
        return $"{root.GetProperty("verdict").GetString()} {decider}";
    }

    private static IEnumerable<string> Words(string line) =>
        line.Split('"').SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
