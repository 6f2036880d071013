using Firewall.Rules.Meaning;

namespace Firewall.Rules.Evaluation;

/// <summary>The clocks of the kernel at one moment.</summary>
/// <param name="Jiffies"><c>jiffies64</c>.</param>
/// <param name="Monotonic">Nanoseconds since boot.</param>
/// <param name="RealSeconds">Seconds since 1970, UTC.</param>
public readonly record struct Moment(ulong Jiffies, ulong Monotonic, ulong RealSeconds)
{
    /// <summary>The moment so many nanoseconds after boot, on a machine that booted at <paramref name="booted"/> (seconds since 1970).</summary>
    public static Moment At(ulong nanoseconds, ulong booted = 0, uint hertz = Memories.DefaultHertz) =>
        new(nanoseconds / (1_000_000_000 / hertz), nanoseconds, booted + (nanoseconds / 1_000_000_000));
}

/// <summary>What the modules of a rule set remember from packet to packet; the interpreter's counterpart of the maps in the kernel.</summary>
public sealed class Memories
{
    /// <summary>The kernel's <c>HZ</c> when nothing else is said.</summary>
    public const uint DefaultHertz = 250;

    private readonly Dictionary<(object Rule, StepProgram Program), ulong[]> _cells = [];
    private readonly Dictionary<string, Dictionary<Key, ulong[]>> _tables = new(StringComparer.Ordinal);
    private ulong _ticket;

    public uint Hertz { get; init; } = DefaultHertz;

    /// <summary>The time of the packet that is being judged.</summary>
    public Moment Now { get; set; }

    /// <summary>Gives 32 random bits.</summary>
    public Func<uint> Draw { get; init; } = () => (uint)System.Random.Shared.NextInt64(1L << 32);

    internal ulong NextTicket() => ++_ticket;

    /// <summary>The entry of a rule's own cell.</summary>
    internal ulong[] Cell(object rule, StepProgram program, Cell cell)
    {
        if (!_cells.TryGetValue((rule, program), out var words)) { _cells.Add((rule, program), words = new ulong[cell.Words]); }
        return words;
    }

    /// <summary>The entry under a key, or null; a dead one is none.</summary>
    public ulong[]? Find(Table table, ReadOnlySpan<ulong> key) =>
        EntriesOf(table).TryGetValue(new Key(key), out var words) && !IsDead(table, words) ? words : null;

    /// <summary>A new entry in the place of none or of a dead one; null when the table is full.</summary>
    internal ulong[]? Create(Table table, ReadOnlySpan<ulong> key)
    {
        var entries = EntriesOf(table);
        entries.Remove(new Key(key));
        if (entries.Count >= table.Capacity && !MakeRoom(table, entries)) { return null; }
        return entries[new Key(key)] = new ulong[table.Words];
    }

    internal void Forget(Table table, ReadOnlySpan<ulong> key) => EntriesOf(table).Remove(new Key(key));

    /// <summary>Puts an entry there as it is, for contents that are loaded from outside.</summary>
    public void Load(Table table, ReadOnlySpan<ulong> key, ReadOnlySpan<ulong> words)
    {
        var entry = new ulong[table.Words];
        words.CopyTo(entry);
        EntriesOf(table)[new Key(key)] = entry;
    }

    private bool MakeRoom(Table table, Dictionary<Key, ulong[]> entries)
    {
        foreach (var (key, _) in entries.Where(e => IsDead(table, e.Value)).ToList()) { entries.Remove(key); }
        if (entries.Count < table.Capacity) { return true; }
        if (table.OldestBy is not { } word) { return false; }
        entries.Remove(entries.MinBy(e => e.Value[word]).Key);
        return true;
    }

    private bool IsDead(Table table, ulong[] words) =>
        table.ExpiresBy is { } word && words[word] != 0 && (long)(Now.Jiffies - words[word]) >= 0;

    private Dictionary<Key, ulong[]> EntriesOf(Table table)
    {
        if (!_tables.TryGetValue(table.Name, out var entries)) { _tables.Add(table.Name, entries = []); }
        return entries;
    }

    /// <summary>The words of a key, compared by value.</summary>
    private readonly struct Key(ReadOnlySpan<ulong> words) : IEquatable<Key>
    {
        private readonly ulong[] _words = words.ToArray();

        public bool Equals(Key other) => _words.AsSpan().SequenceEqual(other._words);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (var word in _words) { hash.Add(word); }
            return hash.ToHashCode();
        }
    }
}

/// <summary>Memory as one rule reaches it.</summary>
/// <param name="Rule">Tells the rule's own cells from those of others.</param>
public sealed record RuleMemory(Memories Memories, object Rule);
