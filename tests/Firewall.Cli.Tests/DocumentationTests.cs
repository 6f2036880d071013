using Firewall.Testing;

namespace Firewall.Cli.Tests;

public sealed class DocumentationTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs", "reference", "command.md"));

    [Fact]
    public void Every_exit_code_is_in_the_reference_with_its_meaning()
    {
        foreach (var (code, meaning) in ExitCodes.Table) { Assert.Contains($"| {(int)code} | {meaning} |", Page, StringComparison.Ordinal); }
    }

    [Fact]
    public void Every_command_and_option_is_in_the_reference()
    {
        using var fwc = new Fwc();
        var commands = fwc.Run("--help").Out.Split("Commands:")[1].Split("Exit status:")[0].Split('\n').Select(l => l.Trim().Split(' ')[0]).Where(c => c.Length > 0).ToList();
        Assert.Contains("compile", commands);
        foreach (var command in commands)
        {
            Assert.Contains($"fwc {command}", Page, StringComparison.Ordinal);
            foreach (var word in fwc.Run(command, "--help").Out.Split([' ', ',', '\n']).Where(w => w.StartsWith("--", StringComparison.Ordinal)))
            {
                Assert.Contains($"`{word}", Page, StringComparison.Ordinal);
            }
        }
    }
}
