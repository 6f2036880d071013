using System.Text;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;
using Firewall.Rules.Tests.Matches;
using Firewall.Rules.Tests.Targets;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Grammar;

/// <summary>The grammar in <c>grammar/</c> is executed: its sentences are read by fwc and loaded by the real iptables.</summary>
public class GrammarTests
{
    private const int Seed = 20240607;

    [Fact]
    public void The_grammar_of_the_modules_is_what_the_modules_declare() => Golden.VerifyFile(
        ModuleGrammar.Write(MatchModules.All, TargetModules.All), Repository.PathOf("grammar", "modules.ebnf"), Repository.PathOf("grammar", "modules.ebnf.received.txt"));

    [Fact]
    public void Every_name_in_the_grammar_is_defined_and_reached_from_file()
    {
        var rules = Rules(Family.IPv4);
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(["file", "word"]);
        while (open.TryPop(out var name))
        {
            if (!reached.Add(name)) { continue; }
            Assert.True(rules.ContainsKey(name), $"`{name}` is not defined");
            foreach (var next in Ebnf.References(rules[name])) { open.Push(next); }
        }

        // What only IPv6 files use is reached in the grammar of those.
        var ofIpv6 = Rules(Family.IPv6).Values.SelectMany(Ebnf.References).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(rules.Keys, name => !reached.Contains(name) && !ofIpv6.Contains(name));
    }

    [Theory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Lenient_sentences_are_accepted_with_a_warning(Family family)
    {
        var sentences = new Sentences(Rules(family), new Random(Seed), lenient: true);
        int derived = 0, accepted = 0;
        while (derived < 300 * Repository.Scale)
        {
            var text = sentences.Derive("file");
            if (!sentences.TookLenient) { continue; }
            derived++;
            var binding = Bind(text, family);
            if (binding.Policy is null) { continue; }
            accepted++;
            Assert.True(binding.Diagnostics.Length > 0, $"no warning for:\n{text}");
        }

        Assert.True(accepted * 4 > derived, $"only {accepted} of {derived} were accepted");
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Strict_sentences_load_in_iptables_exactly_when_they_are_accepted_and_print_alike(Family family)
    {
        using var iptables = new LegacyIptables();
        Assert.True(iptables.RestoreSets(ExampleSets.Text) is { Accepted: true });
        var sentences = new Sentences(Loadable(family), new Random(Seed), lenient: false);
        var loaded = 0;
        var failures = new List<string>();
        for (var i = 0; i < 100 * Repository.Scale; i++)
        {
            var text = Framed(sentences.Derive("rule-line"));
            loaded += Compare(iptables, text, family, mayBeLenient: false, failures) ? 1 : 0;
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(10)));
        Assert.True(loaded > 20 * Repository.Scale, $"only {loaded} sentences load");
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Targets_load_in_iptables_where_they_are_accepted_and_print_alike(Family family)
    {
        using var iptables = new LegacyIptables();
        TargetText.MakeSets(iptables);

        // Several targets print names without the quotes they need.
        var rules = Rules(family);
        rules["text"] = rules["word"];
        var sentences = new Sentences(rules, new Random(Seed), lenient: false);
        var failures = new List<string>();
        foreach (var module in TargetModules.All.Where(m => (m.OnlyFamily is null || m.OnlyFamily == family) && TargetText.IsOnKernel(m, family)))
        {
            var (table, chain) = TargetText.PlaceOf(module);
            for (var i = 0; i < 10 * Repository.Scale; i++)
            {
                // The kernel holds the old table until the new one is checked, and IDLETIMER's labels with it.
                iptables.Restore($"*{table}\nCOMMIT\n", family == Family.IPv6);
                Compare(iptables, TargetText.File(table, chain, sentences.Derive(ModuleGrammar.NameOf(module))), family, mayBeLenient: false, failures, table);
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(10)));
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Whole_files_load_in_iptables_exactly_when_they_are_accepted(Family family)
    {
        using var iptables = new LegacyIptables();
        Assert.True(iptables.RestoreSets(ExampleSets.Text) is { Accepted: true });
        var rules = Rules(family);
        rules["rule-line"] = new Terminal("-A INPUT -j ACCEPT\n");
        rules["user-chain"] = rules["letter"];
        rules["table-name"] = new Terminal("filter");
        var sentences = new Sentences(rules, new Random(Seed), lenient: false);
        var failures = new List<string>();
        for (var i = 0; i < 40 * Repository.Scale; i++) { Compare(iptables, sentences.Derive("file"), family, mayBeLenient: false, failures); }
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(10)));
    }

    [SkippableTheory]
    [InlineData(Family.IPv4)]
    [InlineData(Family.IPv6)]
    public void Mutated_sentences_that_iptables_accepts_are_accepted_and_print_alike(Family family)
    {
        using var iptables = new LegacyIptables();
        Assert.True(iptables.RestoreSets(ExampleSets.Text) is { Accepted: true });
        var random = new Random(Seed);
        var sentences = new Sentences(Loadable(family), random, lenient: false);
        var failures = new List<string>();
        for (var i = 0; i < 100 * Repository.Scale; i++)
        {
            var text = Framed(Mutation.Of(sentences.Derive("rule-line").TrimEnd('\n'), random) + "\n");
            Compare(iptables, text, family, mayBeLenient: true, failures);
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(10)));
    }

    /// <summary>Whether both accept the file; what differs goes to the failures.</summary>
    private static bool Compare(LegacyIptables iptables, string text, Family family, bool mayBeLenient, List<string> failures, string tableName = "filter")
    {
        var bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
        var loaded = iptables.Restore(bytes, family == Family.IPv6);
        var binding = Bind(text, family);
        var messages = string.Join("; ", binding.Diagnostics.Select(d => $"{d.Code} {d.Message}"));
        if (loaded.Accepted != binding.Policy is not null && !(mayBeLenient && !loaded.Accepted))
        {
            failures.Add($"iptables {(loaded.Accepted ? "accepts" : "refuses")}: {loaded.Output.Trim()}\nfwc: {messages}\n{text}");
            return false;
        }

        if (!loaded.Accepted) { return false; }
        if (binding.Policy!.Table(tableName) is not { } table) { return true; }
        var printed = new StringBuilder();
        SaveFormat.Write(table, counters: false, printed);
        var saved = iptables.Save(family == Family.IPv6, tableName);
        if (Body(saved) != Body(printed.ToString())) { failures.Add($"prints differently:\n{Body(printed.ToString())}iptables-save:\n{Body(saved)}{text}"); }
        return true;
    }

    private static string Body(string saved) => string.Concat(saved.Split('\n').Where(l => l.StartsWith('-')).Select(l => l + "\n"));

    private static string Framed(string ruleLine) => $"*filter\n:office - [0:0]\n:guests - [0:0]\n{ruleLine}COMMIT\n";

    private static Binding Bind(string text, Family family) => Binder.Bind(RuleSetReader.Read(SourceText.From(text), family));

    /// <summary>As <see cref="Rules"/>, without the targets that kernels may lack.</summary>
    private static Dictionary<string, Phrase> Loadable(Family family)
    {
        var rules = Rules(family);
        foreach (var module in TargetModules.All.Where(m => !TargetText.IsOnKernel(m, m.OnlyFamily ?? family)))
        {
            rules[ModuleGrammar.NameOf(module)] = new Reference("target-LOG");
        }

        return rules;
    }

    /// <summary>The grammar of one family, with the names that tests declare.</summary>
    private static Dictionary<string, Phrase> Rules(Family family)
    {
        var rules = new Dictionary<string, Phrase>(Ebnf.Read(new[] { "iptables-save", "values", "modules" }.Select(n => File.ReadAllText(Repository.PathOf("grammar", $"{n}.ebnf")))),
            StringComparer.Ordinal)
        {
            ["address"] = new Reference($"ipv{(int)family}-address"),
            ["mask"] = new Reference($"ipv{(int)family}-mask"),
            ["module"] = new Reference($"ipv{(int)family}-module"),
            ["target-module"] = new Reference($"ipv{(int)family}-target"),
            ["plain-address"] = new Reference($"ipv{(int)family}-plain-address"),
            ["numbered-address"] = new Reference(family == Family.IPv4 ? "ipv4-plain-address" : "ipv6-numbered-address"),
            ["set-reference-1"] = new Reference($"ipv{(int)family}-set"),
            ["user-chain"] = new Choice([new Terminal("office"), new Terminal("guests")], [false, false]),
            ["byte-order-mark"] = new Terminal("\uFEFF"),
            ["carriage-return-newline"] = new Terminal("\r\n"),
        };
        return rules;
    }
}
