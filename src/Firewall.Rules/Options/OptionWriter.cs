using System.Text;

namespace Firewall.Rules.Options;

/// <summary>Writes options as iptables-save does: <c> ! --dport 80</c>, each with a leading blank.</summary>
public sealed class OptionWriter(StringBuilder text)
{
    /// <summary>Writes an option without a value.</summary>
    public void Write(Option option, bool negated = false) => text.Append(negated ? " ! " : " ").Append(option.Name);

    /// <summary>Writes an option with a value that needs no quotes.</summary>
    public void Write(Option option, string value, bool negated = false)
    {
        Write(option, negated);
        text.Append(' ').Append(value);
    }

    /// <summary>Writes an option whose value is free text, quoted the way <c>xtables_save_string</c> does.</summary>
    public void WriteQuoted(Option option, string value, bool negated = false)
    {
        Write(option, negated);
        text.Append(' ').Append(Quoting.Quote(value));
    }

    /// <summary>Writes words of a module that is not understood, each quoted where it needs to be.</summary>
    public void WriteWords(IEnumerable<string> words)
    {
        foreach (var word in words) { text.Append(' ').Append(Quoting.QuoteWord(word)); }
    }
}
