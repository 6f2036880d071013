using System.Collections.Immutable;

namespace Firewall.Rules.Meaning;

/// <summary>What a module remembers from packet to packet, in 64-bit words that are 0 at first.</summary>
/// <param name="Words">Words of one entry.</param>
public abstract record Memory(int Words);

/// <summary>Memory of one rule alone (<c>limit</c>, <c>statistic</c>, <c>quota</c>): a single entry, always there. Equal cells of two rules are two.</summary>
public sealed record Cell(int Words) : Memory(Words);

/// <summary>Entries by key (<c>recent</c>, <c>hashlimit</c>, sets); rules that name the same table share it.</summary>
/// <param name="Name">Unique among the tables of a host; says which module it is of, e.g. <c>recent:DEFAULT</c>.</param>
/// <param name="KeyWords">64-bit words of a key.</param>
/// <param name="Words">Words of an entry.</param>
/// <param name="Capacity">Most entries.</param>
public sealed record Table(string Name, int KeyWords, int Words, int Capacity) : Memory(Words)
{
    /// <summary>Number of the word by whose smallest value an entry is thrown out when the table is full; null: a full table takes no more.</summary>
    public int? OldestBy { get; init; }

    /// <summary>
    /// Number of the word that says when the entry dies, in jiffies; 0 never. A dead entry is not found, and makes room when the table is full. Null: entries stay.
    /// </summary>
    public int? ExpiresBy { get; init; }

    /// <summary>Its contents come from outside, as those of a set do: asking it is no memory, unless the program writes to it.</summary>
    public bool IsGiven { get; init; }

    /// <summary>
    /// What the rules that name the table must agree on beside its shape, in words. The kernel lets the first rule decide for all; tables of one name that are not
    /// equal cannot be kept by us.
    /// </summary>
    public string Terms { get; init; } = "";
}

/// <summary>A clock of the kernel.</summary>
public enum ClockKind
{
    /// <summary><c>jiffies64</c>.</summary>
    Jiffies,

    /// <summary>Nanoseconds since boot, suspend excluded (<c>ktime_get_ns</c>).</summary>
    Monotonic,

    /// <summary>Seconds since 1970, UTC (<c>ktime_get_real_seconds</c>).</summary>
    RealSeconds,
}

/// <summary>The time, the same for the whole program.</summary>
public sealed record Now(ClockKind Clock) : Expression;

/// <summary>The kernel's <c>HZ</c>: jiffies a second.</summary>
public sealed record JiffiesPerSecond : Expression;

/// <summary>32 random bits, new at each asking.</summary>
public sealed record RandomBits : Expression;

/// <summary>A number greater than every one given before, across processors and rules.</summary>
public sealed record Ticket : Expression;

/// <summary>
/// Makes the entry under <paramref name="Key"/> the current one; <paramref name="Found"/> becomes 1, or 0 when there is none. A <see cref="Cell"/> has no key and is always found.
/// </summary>
public sealed record Find(int Found, Memory Memory, ImmutableArray<Expression> Key) : Step
{
    public override IEnumerable<Expression> Expressions => Key;

    public bool Equals(Find? other) =>
        other is not null && Found == other.Found && Memory.Equals(other.Memory) && Key.AsSpan().SequenceEqual(other.Key.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Found, Memory);
}

/// <summary>Makes a new entry, all 0, under the key of the <see cref="Find"/> that failed, and makes it current; <paramref name="Made"/> becomes 0 when the table is full.</summary>
public sealed record Create(int Made) : Step;

/// <summary>Removes the current entry.</summary>
public sealed record Forget : Step;

/// <summary>Reads a word of the current entry; the word's number is taken modulo the next power of two of the entry's words.</summary>
public sealed record Fetch(int Local, Expression Word) : Step
{
    public override IEnumerable<Expression> Expressions => [Word];
}

/// <summary>Writes a word of the current entry.</summary>
public sealed record Store(Expression Word, Expression Value) : Step
{
    public override IEnumerable<Expression> Expressions => [Word, Value];
}

/// <summary>
/// No other processor touches the current entry meanwhile. Inside stand only <see cref="Let"/>, <see cref="Fetch"/>, <see cref="Store"/> and <see cref="When"/>; values of
/// <see cref="Now"/>, <see cref="RandomBits"/> and <see cref="Ticket"/> are taken before.
/// </summary>
public sealed record Atomically(ImmutableArray<Step> Body) : Step
{
    public override IEnumerable<Step> Blocks => Body;

    public bool Equals(Atomically? other) => other is not null && Body.AsSpan().SequenceEqual(other.Body.AsSpan());

    public override int GetHashCode() => Body.Length;
}
