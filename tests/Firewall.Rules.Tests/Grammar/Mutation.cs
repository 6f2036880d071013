namespace Firewall.Rules.Tests.Grammar;

/// <summary>Small damages to a sentence, as people make them.</summary>
internal static class Mutation
{
    /// <summary>Deletes, doubles or swaps a word or a character.</summary>
    public static string Of(string sentence, Random random)
    {
        var words = sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (words.Count == 0 || random.Next(2) == 0) { return OfCharacters(sentence, random); }
        var at = random.Next(words.Count);
        switch (random.Next(3))
        {
            case 0: words.RemoveAt(at); break;
            case 1: words.Insert(at, words[random.Next(words.Count)]); break;
            default: (words[at], words[^1]) = (words[^1], words[at]); break;
        }

        return string.Join(' ', words);
    }

    private static string OfCharacters(string sentence, Random random)
    {
        if (sentence.Length < 2) { return sentence; }
        var at = random.Next(sentence.Length - 1);
        return random.Next(3) switch
        {
            0 => sentence.Remove(at, 1),
            1 => sentence.Insert(at, sentence[at].ToString()),
            _ => sentence[..at] + sentence[at + 1] + sentence[at] + sentence[(at + 2)..],
        };
    }
}
