using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Firewall.Cli.Commands;
using Firewall.Cli.Options;

namespace Firewall.Cli;

/// <summary>The command <c>fwc</c>: its command tree, and the one place where failures become messages and exit codes.</summary>
public static class CommandLine
{
    /// <summary>Runs one command line. Never throws.</summary>
    public static async Task<ExitCode> Run(IReadOnlyList<string> arguments, Surroundings surroundings)
    {
        var failures = new FailureReport(surroundings);
        try
        {
            var code = await Invoke(arguments, surroundings);
            await surroundings.Text.FlushAsync();
            return code;
        }
#pragma warning disable CA1031 // The top of the program: whatever arrives here must become a message and an exit code.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return failures.Explain(failure);
        }
    }

    private static async Task<ExitCode> Invoke(IReadOnlyList<string> arguments, Surroundings surroundings)
    {
        var parsed = Build(surroundings).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction) { throw UsageError(parsed); }
        return (ExitCode)await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = surroundings.Text,
            Error = surroundings.Error,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static RootCommand Build(Surroundings surroundings)
    {
        var output = new OutputOptions();
        var shell = new Shell(surroundings, output);
        var root = new RootCommand("Compiles iptables rule sets to verified eBPF firewalls.")
        {
            CompileCommand.Create(shell),
            CheckCommand.Create(shell),
            FormatCommand.Create(shell),
            RunCommand.Create(shell),
            ExplainCommand.Create(shell),
            AttachCommand.Create(shell),
            DetachCommand.Create(shell),
            CountersCommand.Create(shell),
        };
        root.Add(HelpCommand.Create(shell, root));
        foreach (var option in output.All) { root.Add(option); }
        var help = root.Options.OfType<HelpOption>().First();
        help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        return root;
    }

    private static CommandFailedException UsageError(ParseResult parsed)
    {
        var words = new List<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult) { words.Insert(0, at.Command is RootCommand ? "fwc" : at.Command.Name); }
        return CommandFailedException.BadInput(
            string.Join("; ", parsed.Errors.Select(e => e.Message.TrimEnd('.')).Distinct(StringComparer.Ordinal)),
            $"see {string.Join(' ', words)} --help");
    }
}
