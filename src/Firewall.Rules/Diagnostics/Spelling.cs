namespace Firewall.Rules.Diagnostics;

/// <summary>Guesses what a misspelt name was meant to be.</summary>
public static class Spelling
{
    /// <summary>The name that differs least, when at most a third of its letters do; else null.</summary>
    public static string? Nearest(string text, IEnumerable<string> names)
    {
        string? nearest = null;
        var least = Math.Max(1, text.Length / 3) + 1;
        foreach (var name in names)
        {
            if (Math.Abs(name.Length - text.Length) >= least) { continue; }
            var distance = Distance(text, name);
            if (distance < least) { (nearest, least) = (name, distance); }
        }

        return nearest;
    }

    /// <summary>Letters to insert, delete or replace (Levenshtein), case ignored.</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                var replaced = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replaced, 1 + Math.Min(above, row[j - 1]));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
