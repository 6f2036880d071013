using System.Collections.Immutable;

namespace Firewall.Rules.Options;

/// <summary>A long option of a match or target module, as its file declares it.</summary>
/// <param name="Name">Canonical name with its dashes: what iptables-save prints, e.g. <c>--dport</c>.</param>
public abstract record Option(string Name)
{
    /// <summary>Other names, e.g. <c>--destination-port</c>.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary><c>!</c> may stand before it.</summary>
    public bool CanNegate { get; init; }

    /// <summary>The module cannot do without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>May be given more than once in one match.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>How many words follow it.</summary>
    public abstract int Words { get; }

    /// <summary>The nonterminal of <c>grammar/values.ebnf</c> for its value; null when it takes none.</summary>
    public abstract string? ValueName { get; }

    public IEnumerable<string> Names => Aliases.Prepend(Name);

    public static Flag Flag(string name) => new(name);

    public static Option<T> Value<T>(string name, ValueGrammar<T> grammar) => new(name, grammar);
}

/// <summary>An option without a value.</summary>
public sealed record Flag(string Name) : Option(Name)
{
    public override int Words => 0;

    public override string? ValueName => null;
}

/// <summary>An option with a value of type <typeparamref name="T"/>.</summary>
public sealed record Option<T>(string Name, ValueGrammar<T> Grammar) : Option(Name)
{
    public override int Words => Grammar.Words;

    public override string? ValueName => Grammar.Name;
}

/// <summary>Reads as a sentence: <c>Option.Value("--length", Values.Range16).Required().Negatable()</c>.</summary>
public static class OptionDeclaration
{
    public static T Negatable<T>(this T option)
        where T : Option => option with { CanNegate = true };

    public static T Required<T>(this T option)
        where T : Option => option with { IsRequired = true };

    public static T Repeatable<T>(this T option)
        where T : Option => option with { MayRepeat = true };

    public static T Alias<T>(this T option, params ReadOnlySpan<string> names)
        where T : Option => option with { Aliases = [.. names] };
}
