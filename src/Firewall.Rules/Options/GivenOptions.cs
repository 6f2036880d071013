using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Syntax;

namespace Firewall.Rules.Options;

/// <summary>One use of an option in a rule.</summary>
/// <param name="Option">Which one.</param>
/// <param name="IsNegated">Whether <c>!</c> stood before it (or, the old way, before its value).</param>
/// <param name="Values">The words that followed it.</param>
/// <param name="Span">From the <c>!</c> or the option's name to the end of its value.</param>
public sealed record OptionUse(Option Option, bool IsNegated, ImmutableArray<Word> Values, TextSpan Span)
{
    /// <summary>The protocol that <c>-p</c>, negated or not, named before the option; null when there was none.</summary>
    public byte? ProtocolBefore { get; init; }
}

/// <summary>An option's value as given.</summary>
public readonly record struct Given<T>(T Value, bool IsNegated);

/// <summary>Something wrong with a module's options.</summary>
public sealed record OptionError(TextSpan Span, string Message, string? Help = null)
{
    public DiagnosticCode Code { get; init; } = DiagnosticCode.BadValue;
}

/// <summary>
/// The options that a rule gave to one module, for its <c>Create</c>. Arity, negation, repetition and required options have been
/// checked by then; values are read here, and every error is collected rather than thrown.
/// </summary>
public sealed class GivenOptions(ImmutableArray<OptionUse> uses, ValueContext context, TextSpan span)
{
    private List<OptionError>? _errors;

    public ValueContext Context => context;

    /// <summary>The whole clause.</summary>
    public TextSpan Span => span;

    public IReadOnlyList<OptionError> Errors => _errors ?? [];

    public ImmutableArray<OptionUse> Uses => uses;

    /// <summary>Whether the option stands in the rule.</summary>
    public bool Has(Option option) => Find(option) is not null;

    /// <summary>Null when absent; otherwise whether it is negated.</summary>
    public bool? Negation(Option option) => Find(option)?.IsNegated;

    /// <summary>The value, or null when the option is absent or its text is wrong (then an error is recorded).</summary>
    public Given<T>? Get<T>(Option<T> option) => Find(option) is { } use && Read(option, use) is { } given ? given : null;

    /// <summary>The value, or <paramref name="fallback"/> when the option is absent or wrong.</summary>
    public Given<T> Get<T>(Option<T> option, T fallback) => Get(option) ?? new Given<T>(fallback, IsNegated: false);

    /// <summary>All values of an option that may repeat, in order.</summary>
    public IEnumerable<Given<T>> All<T>(Option<T> option)
    {
        foreach (var use in uses.Where(u => ReferenceEquals(u.Option, option)))
        {
            if (Read(option, use) is { } given) { yield return given; }
        }
    }

    /// <summary>Records that an option (or, with null, the clause as a whole) is wrong in combination.</summary>
    public void Fail(Option? option, string message, string? help = null) =>
        (_errors ??= []).Add(new OptionError(option is null ? span : Find(option)?.Span ?? span, message, help));

    /// <summary>The one of several options that the rule gives; null after an error when it gives none, or more.</summary>
    public Option? TheOne(params ReadOnlySpan<Option> options)
    {
        var found = AtMostOne(options, out var isOne);
        if (!isOne) { return null; }
        if (found is null) { Fail(null, $"one of {string.Join(", ", options.ToArray().Select(o => $"`{o.Name}`"))} is missing"); }
        return found;
    }

    /// <summary>The option that the rule gives, or null for none; false after an error when it gives more than one.</summary>
    public Option? AtMostOne(ReadOnlySpan<Option> options, out bool isAtMostOne)
    {
        Option? found = null;
        isAtMostOne = true;
        foreach (var option in options)
        {
            if (!Has(option)) { continue; }
            if (found is not null)
            {
                Fail(option, $"`{option.Name}` cannot stand beside `{found.Name}`");
                isAtMostOne = false;
            }

            found ??= option;
        }

        return found;
    }

    /// <summary>
    /// Whether <c>-p</c>, negated or not, named one of the protocols before the option, as the address translating targets ask; otherwise an
    /// error is recorded.
    /// </summary>
    public bool HasProtocolBefore(Option option, params ReadOnlySpan<byte> protocols)
    {
        if (Find(option)?.ProtocolBefore is { } protocol && protocols.Contains(protocol)) { return true; }
        var names = string.Join(" or ", protocols.ToArray().Select(p => $"`-p {Names.Protocols.Text(p)}`"));
        (_errors ??= []).Add(new OptionError(Find(option)?.Span ?? span, $"`{option.Name}` with a port needs {names} before it") { Code = DiagnosticCode.ProtocolNeeded });
        return false;
    }

    /// <summary>
    /// Whether <c>-p</c> names one of the protocols, which an option (or, with null, the clause as a whole) needs; otherwise an error is recorded.
    /// </summary>
    public bool HasProtocol(Option? option, params ReadOnlySpan<byte> protocols)
    {
        if (context.Protocol is { } protocol && protocols.Contains(protocol)) { return true; }
        var names = string.Join(" or ", protocols.ToArray().Select(p => $"`-p {Names.Protocols.Text(p)}`"));
        var use = option is null ? null : Find(option);
        (_errors ??= []).Add(new OptionError(use?.Span ?? span, $"{(use is null ? "the target" : $"`{use.Option.Name}`")} needs {names}") { Code = DiagnosticCode.ProtocolNeeded });
        return false;
    }

    /// <summary>Whether <c>-p</c> (not negated) names a protocol, which the option needs; otherwise an error is recorded.</summary>
    public bool HasAnyProtocol(Option option)
    {
        if (context.Protocol is not null) { return true; }
        (_errors ??= []).Add(new OptionError(Find(option)?.Span ?? span, $"`{option.Name}` needs `-p`") { Code = DiagnosticCode.ProtocolNeeded });
        return false;
    }

    private OptionUse? Find(Option option)
    {
        foreach (var use in uses)
        {
            if (ReferenceEquals(use.Option, option)) { return use; }
        }

        return null;
    }

    private Given<T>? Read<T>(Option<T> option, OptionUse use)
    {
        var result = option.Grammar.Read(use.Values.Length == 1 ? [use.Values[0].Text] : [.. use.Values.Select(v => v.Text)], context);
        if (!result.IsError) { return new Given<T>(result.Value!, use.IsNegated); }
        var place = use.Values.Length > 0 ? TextSpan.FromTo(use.Values[0].Span.Start, use.Values[^1].Span.End) : use.Span;
        (_errors ??= []).Add(new OptionError(place, result.Error!, result.Help));
        return null;
    }
}
