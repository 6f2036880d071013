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
            return Flushed(surroundings, await Invoke(arguments, surroundings));
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
        var configuration = new InvocationConfiguration
        {
            Output = surroundings.Text,
            Error = surroundings.Error,
            EnableDefaultExceptionHandler = false,
        };

        // Help and version need neither threads nor signal handlers, and answer in half the time without.
        return (ExitCode)(parsed.Action is SynchronousCommandLineAction
            ? InvokeHere(parsed, configuration)
            : await parsed.InvokeAsync(configuration));
    }

    private static int InvokeHere(ParseResult parsed, InvocationConfiguration configuration) => parsed.Invoke(configuration);

    /// <summary>At once and on this thread: a thread pool costs more than the write.</summary>
    private static ExitCode Flushed(Surroundings surroundings, ExitCode code)
    {
        surroundings.Text.Flush();
        return code;
    }

    private static RootCommand Build(Surroundings surroundings)
    {
        var output = new OutputOptions();
        var shell = new Shell(surroundings, output);
        var root = new RootCommand("Compiles iptables rule sets to verified eBPF firewalls.")
        {
            CompileCommand.Create(shell),
            CheckCommand.Create(shell),
            AssessCommand.Create(shell),
            FormatCommand.Create(shell),
            RunCommand.Create(shell),
            ExplainCommand.Create(shell),
            AttachCommand.Create(shell),
            DetachCommand.Create(shell),
            CountersCommand.Create(shell),
            LogCommand.Create(shell),
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
