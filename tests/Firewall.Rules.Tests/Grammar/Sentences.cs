using System.Text;

namespace Firewall.Rules.Tests.Grammar;

/// <summary>Derives random sentences from a grammar.</summary>
/// <param name="rules">The grammar.</param>
/// <param name="random">Where choices come from.</param>
/// <param name="lenient">Whether alternatives marked lenient may be taken.</param>
internal sealed class Sentences(IReadOnlyDictionary<string, Phrase> rules, Random random, bool lenient)
{
    /// <summary>Whether the last sentence took a lenient alternative.</summary>
    public bool TookLenient { get; private set; }

    public string Derive(string start)
    {
        TookLenient = false;
        var text = new StringBuilder();
        Append(new Reference(start), text);
        return text.ToString();
    }

    private void Append(Phrase phrase, StringBuilder text)
    {
        switch (phrase)
        {
            case Terminal terminal: text.Append(terminal.Text); break;
            case Reference reference: Append(rules[reference.Name], text); break;
            case Sequence sequence:
                foreach (var part in sequence.Parts) { Append(part, text); }
                break;
            case Choice choice: AppendChoice(choice, text); break;
            case Repetition repetition: AppendRepetition(repetition, text); break;
            default: throw new ArgumentOutOfRangeException(nameof(phrase));
        }
    }

    private void AppendChoice(Choice choice, StringBuilder text)
    {
        var possible = Enumerable.Range(0, choice.Alternatives.Length).Where(i => lenient || !choice.AreLenient[i]).ToArray();
        var taken = possible[random.Next(possible.Length)];
        TookLenient |= choice.AreLenient[taken];
        Append(choice.Alternatives[taken], text);
    }

    private void AppendRepetition(Repetition repetition, StringBuilder text)
    {
        if (repetition.IsLenient && (!lenient || random.Next(4) != 0)) { return; }
        var times = repetition.IsLenient ? 1 : random.Next(repetition.Maximum + 1);
        TookLenient |= repetition.IsLenient;
        for (var i = 0; i < times; i++) { Append(repetition.Body, text); }
    }
}
