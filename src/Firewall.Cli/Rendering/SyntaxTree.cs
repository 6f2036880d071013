using System.Text;
using Firewall.Rules.Options;
using Firewall.Rules.Syntax;
using RuleCommand = Firewall.Rules.Syntax.CommandLine;

namespace Firewall.Cli.Rendering;

/// <summary>Prints a syntax tree, one node a line with the number of its line in the file.</summary>
internal static class SyntaxTree
{
    public static void Write(TextWriter writer, RuleSet rules)
    {
        writer.WriteLine($"{rules.Source.Name} ({rules.Family})");
        foreach (var line in rules.Lines) { Write(writer, line, rules); }
    }

    private static void Write(TextWriter writer, LineNode line, RuleSet rules)
    {
        switch (line)
        {
            case BlankLine:
                break;
            case CommentLine:
                Row(writer, line, $"comment {rules.Source.Decode(line.Span)}");
                break;
            case TableLine table:
                Row(writer, line, $"table {Text(table.Name)}");
                break;
            case ChainLine chain:
                Row(writer, line, $"chain {Text(chain.Name)} policy {Text(chain.Policy)}{(chain.Counters is { } counters ? $" counters {counters}" : "")}");
                break;
            case CommitLine:
                Row(writer, line, "commit");
                break;
            case RuleCommand command:
                Row(writer, line, Headline(command));
                WriteClauses(writer, command.Command.Rule);
                break;
            case OtherFamilyLine:
                Row(writer, line, "for the other family");
                break;
            default:
                Row(writer, line, "error");
                break;
        }
    }

    private static string Headline(RuleCommand line)
    {
        var command = line.Command;
        var text = new StringBuilder(command.Kind.ToString().ToLowerInvariant());
        if (command.Chain is { } chain) { text.Append(' ').Append(Text(chain)); }
        if (command.Number is { } number) { text.Append(" number ").Append(number); }
        if (command.Argument is { } argument) { text.Append(' ').Append(Text(argument)); }
        if ((line.Counters ?? command.Rule.SetCounters) is { } counters) { text.Append(" counters ").Append(counters); }
        return text.ToString();
    }

    private static void WriteClauses(TextWriter writer, RuleClauses rule)
    {
        foreach (var condition in rule.Conditions)
        {
            Indented(writer, 1, $"{Not(condition.IsNegated)}{Name(condition.Kind)}{(condition.Kind == ConditionKind.Fragment ? "" : $" {Text(condition.Value)}")}");
        }

        foreach (var match in rule.Matches)
        {
            Indented(writer, 1, $"match {match.Name}{(match.Module is null ? " (not understood)" : "")}");
            foreach (var use in match.Uses) { Indented(writer, 2, Text(use)); }
        }

        if (rule.Target is { } target)
        {
            Indented(writer, 1, $"{(target.IsGoto ? "goto" : "target")} {Text(target.Name)}");
            foreach (var use in target.Uses) { Indented(writer, 2, Text(use)); }
        }
    }

    private static string Name(ConditionKind kind) => kind switch
    {
        ConditionKind.InInterface => "in-interface",
        ConditionKind.OutInterface => "out-interface",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Not(bool negated) => negated ? "not " : "";

    private static string Text(OptionUse use) => $"{Not(use.IsNegated)}{use.Option.Name}{string.Concat(use.Values.Select(v => " " + Text(v)))}";

    /// <summary>Words are one char per byte; people read UTF-8.</summary>
    private static string Text(Word word) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(word.IsQuoted ? $"\"{word.Text}\"" : word.Text));

    private static void Row(TextWriter writer, LineNode line, string text) => writer.WriteLine($"{line.Number,6}  {text}");

    private static void Indented(TextWriter writer, int depth, string text) => writer.WriteLine($"{"",6}  {new string(' ', 2 * depth)}{text}");
}
