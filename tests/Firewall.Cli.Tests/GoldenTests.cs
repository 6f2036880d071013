using Firewall.Testing;

namespace Firewall.Cli.Tests;

/// <summary>
/// The whole pipeline on small rule sets: each folder of <c>Golden</c> is a case with its <c>rules.txt</c> (and perhaps <c>args.txt</c>); beside them stands what
/// every stage made of it.
/// </summary>
public sealed class GoldenTests
{
    private static readonly string Cases = Repository.PathOf("tests", "Firewall.Cli.Tests", "Golden");

    public static TheoryData<string> Names => [.. Directory.GetDirectories(Cases).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_stage_makes_of_a_rule_set_what_was_accepted(string name)
    {
        var folder = Path.Combine(Cases, name);
        using var fwc = new Fwc();
        var rules = fwc.File("rules.txt", File.ReadAllBytes(Path.Combine(folder, "rules.txt")));
        var more = Path.Combine(folder, "args.txt") is var file && File.Exists(file) ? File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
        var expected = new List<string>();

        void Verify(string artefact, string text)
        {
            expected.Add(artefact);
            Testing.Golden.VerifyFile(text, Path.Combine(folder, $"{artefact}.verified.txt"), Path.Combine(folder, $"{artefact}.received.txt"));
        }

        Verify("diagnostics", fwc.Run("check", rules).Error);
        Verify("canonical", fwc.Run("format", rules).Out);
        foreach (var stage in new[] { "ast", "asm", "report" })
        {
            var answer = fwc.Run(["compile", rules, "--emit", stage, .. more]);
            Verify(stage, answer.Code == ExitCode.Done ? answer.Out : $"exit {(int)answer.Code}\n{answer.Error}");
        }

        var left = Directory.GetFiles(folder, "*.txt").Select(f => Path.GetFileName(f)!)
            .Except([.. expected.Select(e => $"{e}.verified.txt"), "rules.txt", "args.txt"], StringComparer.Ordinal);
        Assert.Empty(left);
    }
}
