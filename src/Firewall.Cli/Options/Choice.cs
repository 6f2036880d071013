using System.CommandLine;
using System.CommandLine.Parsing;

namespace Firewall.Cli.Options;

/// <summary>Options whose value is one of a few words.</summary>
internal static class Choice
{
    /// <summary>An option that is <c>default</c> when it is not given, which should be the first of the words.</summary>
    public static Option<T> Option<T>(string name, string description, params (string Word, T Value)[] choices) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(c => c.Word)),
        CustomParser = result => Read(result, result.Tokens[0].Value, choices),
    };

    /// <summary>An option that may be given more than once, or with several words divided by commas; null when it is not given.</summary>
    public static Option<T[]> Several<T>(string name, string description, params (string Word, T Value)[] choices) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(c => c.Word)),
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',')).Select(word => Read(result, word, choices))],
    };

    private static T Read<T>(ArgumentResult result, string word, (string Word, T Value)[] choices)
    {
        foreach (var (name, value) in choices)
        {
            if (string.Equals(name, word, StringComparison.OrdinalIgnoreCase)) { return value; }
        }

        result.AddError($"{(result.Parent as OptionResult)?.IdentifierToken?.Value} takes {string.Join(", ", choices.SkipLast(1).Select(c => c.Word))} or {choices[^1].Word}, not '{word}'");
        return choices[0].Value;
    }
}
