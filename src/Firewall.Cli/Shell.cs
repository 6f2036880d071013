using System.CommandLine;
using Firewall.Cli.Options;
using Firewall.Cli.Rendering;
using Firewall.Kernel.Loading;

namespace Firewall.Cli;

/// <summary>Makes commands whose actions run apart from the thread that watches for Ctrl-C.</summary>
internal sealed record Shell(Surroundings Surroundings, OutputOptions Output)
{
    /// <summary>A command from its parts.</summary>
    /// <param name="symbols">Arguments and options, in the order in which help lists them.</param>
    public Command Command(string name, string description, IEnumerable<Symbol> symbols, Func<Invocation, ExitCode> action)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) { command.Add(argument); }
            else { command.Add((Option)symbol); }
        }

        command.SetAction((parsed, cancellation) => Task.Run(() => (int)Run(action, Start(parsed, cancellation)), cancellation));
        return command;
    }

    private static ExitCode Run(Func<Invocation, ExitCode> action, Invocation invocation)
    {
        try
        {
            return action(invocation);
        }
        catch (VerifierException refusal)
        {
            invocation.Conversation.Detail(refusal.Log);
            throw;
        }
    }

    private Invocation Start(ParseResult parsed, CancellationToken cancellation) =>
        new(parsed, Surroundings, Conversation.From(parsed, Output, Surroundings), cancellation);
}

/// <summary>One run of a command: its arguments and where its words go.</summary>
internal sealed record Invocation(ParseResult Arguments, Surroundings Surroundings, Conversation Conversation, CancellationToken Cancellation)
{
    /// <summary>Standard output.</summary>
    public TextWriter Out => Surroundings.Text;

    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Arguments.GetValue(argument);

    public bool Has(Option option) => Arguments.GetResult(option) is { Implicit: false };
}
