namespace Firewall.Rules.Syntax;

/// <summary>Gives equal short words one string: most words of a rule file occur in every line.</summary>
internal sealed class WordTable
{
    private const int MaximumLength = 24;
    private const int MaximumCount = 4096;

    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public WordTable() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    public string Text(ReadOnlySpan<char> word)
    {
        if (word.Length > MaximumLength) { return word.ToString(); }
        if (_lookup.TryGetValue(word, out var known)) { return known; }
        var text = word.ToString();
        if (_words.Count < MaximumCount) { _words.Add(text); }
        return text;
    }
}
