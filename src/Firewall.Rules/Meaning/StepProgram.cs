using System.Collections.Immutable;

namespace Firewall.Rules.Meaning;

/// <summary>
/// A small typed program over one packet, for modules that search. The interpreter runs it and the code generator compiles
/// it, so a module states its meaning once and needs no eBPF.
/// </summary>
/// <param name="Name">Names the search in explanations and in the disassembly; letters, digits and underscores.</param>
/// <param name="Locals">Number of 64-bit unsigned variables, all 0 at the start (at most 8).</param>
/// <param name="Body">Runs to a <see cref="Return"/>; falling off the end is "no match".</param>
/// <remarks>Two programs with equal bodies are equal, and are compiled once.</remarks>
public sealed record StepProgram(string Name, int Locals, ImmutableArray<Step> Body)
{
    /// <summary>
    /// Whether asking changes something: the program finds entries of a <see cref="Memory"/> that is not given from outside, writes to one that is, or draws lots.
    /// </summary>
    public bool KeepsMemory =>
        Memories.Any(m => m is not Table { IsGiven: true }) || AllSteps(Body).Any(s => s is Store or Create or Forget) || Expressions.Any(e => e is RandomBits);

    /// <summary>What it remembers in, in the order of the text.</summary>
    public IEnumerable<Memory> Memories => AllSteps(Body).Select(s => s is Find find ? find.Memory : null).OfType<Memory>().Distinct();

    /// <summary>The fields it asks, beside the bytes it reads.</summary>
    public IEnumerable<Field> Fields => Expressions.OfType<Ask>().Select(a => a.Field).Distinct();

    private IEnumerable<Expression> Expressions => AllSteps(Body).SelectMany(s => s.Expressions).SelectMany(e => e.WithParts);

    public bool Equals(StepProgram? other) => other is not null && Locals == other.Locals && Body.AsSpan().SequenceEqual(other.Body.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Locals, Body.Length);

    private static IEnumerable<Step> AllSteps(IEnumerable<Step> steps) => steps.SelectMany(s => AllSteps(s.Blocks).Prepend(s));
}

/// <summary>How a search ends.</summary>
public enum SearchResult
{
    NoMatch,
    Match,
    Hotdrop,
}

public abstract record Step
{
    /// <summary>The steps inside.</summary>
    public virtual IEnumerable<Step> Blocks => [];

    /// <summary>What it computes with, beside what <see cref="Blocks"/> do.</summary>
    public virtual IEnumerable<Expression> Expressions => [];
}

/// <summary>Assigns a local variable.</summary>
public sealed record Let(int Local, Expression Value) : Step
{
    public override IEnumerable<Expression> Expressions => [Value];
}

/// <summary>
/// Reads <paramref name="Bytes"/> (1, 2, 4 or 8) bytes at <paramref name="Offset"/>, counted from the frame's first byte, as a big-endian
/// number. Where they do not all belong to the packet the search ends with <paramref name="WhenShort"/>; where the engine
/// cannot read them the packet is deferred as truncated.
/// </summary>
public sealed record Read(int Local, Expression Offset, int Bytes, SearchResult WhenShort) : Step
{
    public override IEnumerable<Expression> Expressions => [Offset];
}

/// <summary>Runs one of two blocks.</summary>
public sealed record When(Comparison Condition, ImmutableArray<Step> Then, ImmutableArray<Step> Else) : Step
{
    public override IEnumerable<Step> Blocks => [.. Then, .. Else];

    public override IEnumerable<Expression> Expressions => [Condition.Left, Condition.Right];

    public bool Equals(When? other) => other is not null && Condition.Equals(other.Condition)
        && Then.AsSpan().SequenceEqual(other.Then.AsSpan()) && Else.AsSpan().SequenceEqual(other.Else.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Condition, Then.Length, Else.Length);
}

/// <summary>
/// Runs the block until a <see cref="Break"/> or <see cref="Return"/>, at most <paramref name="Limit"/> times; the limit must exceed what any packet needs.
/// Loops do not nest.
/// </summary>
public sealed record Repeat(int Limit, ImmutableArray<Step> Body) : Step
{
    public override IEnumerable<Step> Blocks => Body;

    public bool Equals(Repeat? other) => other is not null && Limit == other.Limit && Body.AsSpan().SequenceEqual(other.Body.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Limit, Body.Length);
}

/// <summary>Leaves the innermost <see cref="Repeat"/>.</summary>
public sealed record Break : Step;

/// <summary>Ends the search.</summary>
public sealed record Return(SearchResult Result) : Step;

/// <summary>Compares two unsigned 64-bit numbers.</summary>
public sealed record Comparison(Comparator Operator, Expression Left, Expression Right);

public enum Comparator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>An unsigned 64-bit number.</summary>
public abstract record Expression
{
    /// <summary>This expression and all inside it.</summary>
    public virtual IEnumerable<Expression> WithParts => [this];

    public static implicit operator Expression(int value) => new Constant((ulong)value);

    public static Expression operator +(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Add, left, right);

    public static Expression operator -(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Subtract, left, right);

    public static Expression operator *(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Multiply, left, right);

    public static Expression operator &(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.And, left, right);

    public static Expression operator |(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Or, left, right);

    public static Expression operator ^(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Xor, left, right);

    public static Expression operator /(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Divide, left, right);

    public static Expression operator %(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.Remainder, left, right);

    public static Expression operator <<(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.ShiftLeft, left, right);

    public static Expression operator >>(Expression left, Expression right) => new Arithmetic(ArithmeticOperator.ShiftRight, left, right);
}

public sealed record Constant(ulong Value) : Expression;

/// <summary>The value of a local variable.</summary>
public sealed record Local(int Index) : Expression;

/// <summary>A place in the packet, in bytes from the frame's first byte; 0 for an extension header that is absent.</summary>
public sealed record OffsetOf(HeaderBase Base) : Expression;

/// <summary>One past the packet's last byte (Ethernet padding excluded), in bytes from the frame's first byte.</summary>
public sealed record PacketEnd : Expression;

public enum ArithmeticOperator
{
    Add,
    Subtract,
    Multiply,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    Divide,
    Remainder,
}

/// <summary>Division by zero gives zero, and the remainder is the dividend, as in eBPF (RFC 9669, 4.1); shifts take their count modulo 64.</summary>
public sealed record Arithmetic(ArithmeticOperator Operator, Expression Left, Expression Right) : Expression
{
    public override IEnumerable<Expression> WithParts => [this, .. Left.WithParts, .. Right.WithParts];
}

/// <summary>The value of a field of at most 64 bits; where the hook does not know it the program's answer is unknown.</summary>
public sealed record Ask(Field Field) : Expression;
