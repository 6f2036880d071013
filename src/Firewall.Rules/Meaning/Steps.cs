using System.Collections.Immutable;

namespace Firewall.Rules.Meaning;

/// <summary>Words for writing a <see cref="StepProgram"/> so that it reads like the loop in the kernel; for <c>using static</c>.</summary>
public static class Steps
{
    public static readonly Step Found = new Return(SearchResult.Match);
    public static readonly Step NotFound = new Return(SearchResult.NoMatch);
    public static readonly Step Hotdrop = new Return(SearchResult.Hotdrop);
    public static readonly Step Leave = new Break();

    public static Step If(Comparison condition, params ReadOnlySpan<Step> then) => new When(condition, [.. then], []);

    public static Step IfElse(Comparison condition, ImmutableArray<Step> then, ImmutableArray<Step> otherwise) => new When(condition, then, otherwise);

    /// <summary>Assigns a variable.</summary>
    public static Step Set(Local variable, Expression value) => new Let(variable.Index, value);

    /// <summary>Reads one byte; its absence from the packet is a hotdrop.</summary>
    public static Step Byte(Local variable, Expression offset, SearchResult whenShort = SearchResult.Hotdrop) => new Read(variable.Index, offset, 1, whenShort);

    public static Comparison Is(this Expression left, Expression right) => new(Comparator.Equal, left, right);

    public static Comparison IsNot(this Expression left, Expression right) => new(Comparator.NotEqual, left, right);

    public static Comparison Below(this Expression left, Expression right) => new(Comparator.Less, left, right);

    public static Comparison Above(this Expression left, Expression right) => new(Comparator.Greater, left, right);

    public static Comparison AtLeast(this Expression left, Expression right) => new(Comparator.GreaterOrEqual, left, right);
}
