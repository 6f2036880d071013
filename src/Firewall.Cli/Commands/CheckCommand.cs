using System.CommandLine;
using Firewall.Cli.Input;
using Firewall.Cli.Options;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc check RULES</c>: what is wrong with the rules, and nothing else.</summary>
internal static class CheckCommand
{
    public static Command Create(Shell shell)
    {
        var (rules, hook) = (new RuleFileOptions(), new HookOptions());
        return shell.Command("check", "Reports errors and warnings in a rule file.", [.. rules.All, hook.Chain], invocation =>
        {
            var files = rules.Load(invocation);
            invocation.Conversation.Show(files);
            Placing.Check(files.WithoutErrors(), invocation.Get(hook.Chain), invocation.Conversation);
            return ExitCode.Done;
        });
    }
}
