using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc help [TOPIC]</c>: a command's help, or a topic.</summary>
internal static class HelpCommand
{
    public static Command Create(Shell shell, RootCommand root)
    {
        var topic = new Argument<string?>("TOPIC") { Arity = ArgumentArity.ZeroOrOne, Description = "A command, or exit: the exit codes." };
        return shell.Command("help", "Explains a command or a topic.", [topic], invocation => invocation.Get(topic) switch
        {
            null => Help(root, [], invocation),
            "exit" => Exit(invocation.Out),
            var name when root.Subcommands.Any(c => c.Name == name) => Help(root, [name], invocation),
            var name => throw CommandFailedException.BadInput($"there is no help about '{name}'", "topics are the commands, and exit"),
        });
    }

    private static ExitCode Exit(TextWriter writer)
    {
        writer.WriteLine("Exit status of every fwc command:");
        ExitCodes.Write(writer);
        return ExitCode.Done;
    }

    private static ExitCode Help(RootCommand root, string[] command, Invocation invocation) =>
        (ExitCode)root.Parse([.. command, "--help"]).Invoke(new InvocationConfiguration { Output = invocation.Out, Error = invocation.Surroundings.Error });
}

/// <summary>The usual help with the exit codes below.</summary>
internal sealed class HelpWithExitCodes(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        var writer = parseResult.InvocationConfiguration.Output;
        writer.WriteLine("Exit status:");
        ExitCodes.Write(writer);
        return code;
    }
}
