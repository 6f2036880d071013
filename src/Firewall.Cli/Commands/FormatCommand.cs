using System.CommandLine;
using System.Text;
using Firewall.Cli.Options;
using Firewall.Rules.Policies;

namespace Firewall.Cli.Commands;

/// <summary><c>fwc format RULES</c>: the same rules as <c>iptables-save</c> would print them.</summary>
internal static class FormatCommand
{
    public static Command Create(Shell shell)
    {
        var rules = new RuleFileOptions();
        var counters = new Option<bool>("-c", "--counters") { Description = "Keep the counters of rules, as iptables-save -c." };
        return shell.Command("format", "Prints the rules as iptables-save would.", [rules.Rules, counters, rules.IsIPv6, rules.Resolve], invocation =>
        {
            var files = rules.Load(invocation);
            invocation.Conversation.Show(files);
            foreach (var file in files.WithoutErrors().All)
            {
                // Latin-1: bytes of comments that are not UTF-8 come out as they went in.
                invocation.Surroundings.Output.Write(Encoding.Latin1.GetBytes(SaveFormat.Write(file.Policy, invocation.Get(counters))));
            }

            return ExitCode.Done;
        });
    }
}
