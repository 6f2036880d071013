using Firewall.Rules.Targets;

namespace Firewall.Rules.Options;

public static partial class Values
{
    /// <summary>What REJECT answers; a beginning of a name is enough.</summary>
    public static readonly ValueGrammar<RejectWith> RejectAnswer = Word<RejectWith>("reject-answer", (text, context) =>
        RejectWith.Find(context.Family, text) is { } answer
            ? answer
            : Wrong($"`{text}` is no answer of REJECT", $"the answers are {string.Join(' ', RejectWith.Of(context.Family).Select(a => a.Name))}"));
}
