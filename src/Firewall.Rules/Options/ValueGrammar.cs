using Firewall.Rules.Meaning;

namespace Firewall.Rules.Options;

/// <summary>What the text of an option's value may depend on.</summary>
/// <param name="Family">iptables or ip6tables.</param>
/// <param name="Protocol">The protocol that <c>-p</c> names anywhere in the rule, for service names; null for none, and for a negated one.</param>
/// <param name="Resolver">Looks up host names; null refuses them.</param>
public sealed record ValueContext(Family Family, byte? Protocol = null, Func<string, IReadOnlyList<System.Net.IPAddress>>? Resolver = null);

/// <summary>A value, or what is wrong with its text.</summary>
/// <param name="Value">The value when <paramref name="Error"/> is null.</param>
/// <param name="Error">One sentence without a full stop, e.g. <c>port 65536 is above 65535</c>.</param>
/// <param name="Help">What to write instead, if that is known.</param>
public readonly record struct ValueResult<T>(T? Value, string? Error, string? Help = null)
{
    public bool IsError => Error is not null;

    public static implicit operator ValueResult<T>(T value) => new(value, null);

    public static implicit operator ValueResult<T>(WrongValue wrong) => new(default, wrong.Error, wrong.Help);
}

/// <summary>What is wrong with a text, whatever it should have been; becomes a <see cref="ValueResult{T}"/>.</summary>
public readonly record struct WrongValue(string Error, string? Help);

/// <summary>How the word or words after an option are read and written.</summary>
/// <param name="Name">The nonterminal of <c>grammar/values.ebnf</c> that describes one word of it.</param>
/// <param name="Words">How many words it takes (1 or 2).</param>
/// <param name="Read">From the words' text to the value.</param>
public sealed record ValueGrammar<T>(string Name, int Words, Func<IReadOnlyList<string>, ValueContext, ValueResult<T>> Read);
