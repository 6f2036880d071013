using System.Text;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Firewall.Rules.Syntax;
using Firewall.Testing;

namespace Firewall.Rules.Tests.Corpus;

/// <summary>Real rule sets of many origins; <c>INDEX.tsv</c> says what iptables made of each.</summary>
public class CorpusTests
{
    private sealed record Entry(string File, Family Family, bool LegacyAccepts, string? Canonical);

    [SkippableFact]
    public void Every_file_that_iptables_accepts_prints_to_a_fixed_point()
    {
        var folder = Repository.Corpus();
        var failures = new List<string>();
        foreach (var entry in Entries(folder).Where(e => e.LegacyAccepts))
        {
            var binding = Load(Path.Combine(folder, entry.File), entry.Family);
            if (binding.Policy is null)
            {
                failures.Add($"{entry.File}: {string.Join("; ", binding.Diagnostics.Where(d => d.IsError).Take(3).Select(d => $"{d.Code} {d.Message}"))}");
                continue;
            }

            var text = SaveFormat.Write(binding.Policy, counters: true);
            var again = Binder.Bind(RuleSetReader.Read(new SourceText(entry.File, Encoding.Latin1.GetBytes(text)), entry.Family));
            if (again.Policy is null || SaveFormat.Write(again.Policy, counters: true) != text) { failures.Add($"{entry.File}: prints differently the second time"); }
            if (!again.Diagnostics.IsEmpty && binding.Diagnostics.IsEmpty) { failures.Add($"{entry.File}: the print has diagnostics"); }
        }

        Assert.Empty(failures);
    }

    /// <summary>Files whose canonical text in the corpus lacks rules or conditions that iptables-legacy-save does print.</summary>
    private static readonly string[] BadCopies = ["real/jdstrand__ufw__good_apps_result.v4", "real/jdstrand__ufw__ipv6_logging_result.v4"];

    [SkippableFact]
    public void Files_of_understood_modules_print_what_iptables_save_prints()
    {
        var folder = Repository.Corpus();
        var compared = 0;
        var differences = new List<string>();
        foreach (var entry in Entries(folder).Where(e => e is { LegacyAccepts: true, Canonical: not null }))
        {
            var binding = Load(Path.Combine(folder, entry.File), entry.Family);
            if (binding.Policy is not { } policy || HasOpaque(policy) || BadCopies.Contains(entry.File)) { continue; }
            compared++;
            var canonical = Encoding.Latin1.GetString(Repository.ReadBytes(Path.Combine(folder, entry.Canonical!)));
            foreach (var (expected, actual) in Tables(canonical).Zip(Tables(SaveFormat.Write(policy))))
            {
                var line = expected.Split('\n').Zip(actual.Split('\n')).FirstOrDefault(l => l.First != l.Second);
                if (expected != actual) { differences.Add($"{entry.File}: {line.First} / {line.Second}"); }
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n", differences));
        Assert.True(compared > 10, $"only {compared} files could be compared");
    }

    [SkippableFact]
    public void The_family_of_a_file_is_detected_where_its_content_shows_it()
    {
        var folder = Repository.Corpus();
        var wrong = Entries(folder).Where(e => FamilyDetection.Detect(new SourceText(e.File, Repository.ReadBytes(Path.Combine(folder, e.File)))) != e.Family)
            .Where(e => e.Family == Family.IPv4).Select(e => e.File);

        Assert.Empty(wrong);
    }

    [SkippableFact]
    public void No_file_makes_the_reader_throw_and_every_refusal_has_an_error()
    {
        var folder = Repository.Corpus();
        foreach (var entry in Entries(folder))
        {
            var binding = Load(Path.Combine(folder, entry.File), entry.Family);
            Assert.Equal(binding.Policy is null, binding.Diagnostics.Any(d => d.IsError));
        }
    }

    private static IEnumerable<Entry> Entries(string folder) => File.ReadLines(Path.Combine(folder, "INDEX.tsv")).Skip(1).Select(line =>
    {
        var columns = line.Split('\t');
        return new Entry(columns[0], columns[7] == "v6" ? Family.IPv6 : Family.IPv4, columns[12] == "yes", columns.Length > 17 && columns[17] != "" ? columns[17] : null);
    });

    private static Binding Load(string path, Family family) => Binder.Bind(RuleSetReader.Read(new SourceText(path, Repository.ReadBytes(path)), family));

    private static bool HasOpaque(Policy policy) =>
        policy.Tables.SelectMany(t => t.Chains).SelectMany(c => c.Rules).Any(r => r.Matches.Any(m => m is OpaqueMatch));

    /// <summary>The lines of each table, without comments and counters; tables sorted, since iptables-save prints them in its own order.</summary>
    private static IEnumerable<string> Tables(string text) => text.Split("COMMIT\n")
        .Select(table => string.Concat(table.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(WithoutCounters).Select(l => l + "\n")))
        .Order(StringComparer.Ordinal);

    private static string WithoutCounters(string line) => line[0] == ':' ? line[..line.LastIndexOf(' ')]
        : line[0] == '[' ? line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..] : line;
}
