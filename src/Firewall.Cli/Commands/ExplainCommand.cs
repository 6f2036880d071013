using System.CommandLine;
using Firewall.Cli.Options;

namespace Firewall.Cli.Commands;

internal static class ExplainCommand
{
    public static Command Create(Shell shell)
    {
        var rules = new RuleFileOptions();
        return shell.Command("explain", "To come.", rules.All, invocation =>
        {
            var files = rules.Load(invocation);
            invocation.Conversation.Show(files);
            files.WithoutErrors();
            return ExitCode.Done;
        });
    }
}
