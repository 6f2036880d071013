using System.Runtime.CompilerServices;
using System.Text;
using Xunit.Sdk;

namespace Firewall.Testing;

/// <summary>
/// Compares a text with a file beside the test, by Verify's conventions: <c>Class.Method.verified.txt</c> holds what was accepted; a difference
/// writes <c>Class.Method.received.txt</c>, and renaming that over the other accepts it.
/// </summary>
public static class Golden
{
    /// <summary>Fails unless <paramref name="text"/> equals the verified file; line ends are <c>\n</c>.</summary>
    /// <param name="text">What the test produced.</param>
    /// <param name="suffix">Distinguishes several texts of one test.</param>
    /// <param name="method">Filled in by the compiler.</param>
    /// <param name="sourceFile">Filled in by the compiler; its name must be the class's.</param>
    public static void Verify(string text, string? suffix = null, [CallerMemberName] string method = "", [CallerFilePath] string sourceFile = "")
    {
        var stem = Path.Combine(Path.GetDirectoryName(sourceFile)!, $"{Path.GetFileNameWithoutExtension(sourceFile)}.{method}{(suffix is null ? "" : "." + suffix)}");
        VerifyFile(text, $"{stem}.verified.txt", $"{stem}.received.txt");
    }

    /// <summary>As <see cref="Verify"/> with file names of the caller's choice, e.g. for files that live outside the tests.</summary>
    public static void VerifyFile(string text, string verified, string received)
    {
        text = text.ReplaceLineEndings("\n");
        var expected = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : "";
        if (text == expected && File.Exists(verified))
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text);
        throw new XunitException($"{Path.GetFileName(verified)} differs; to accept: mv '{received}' '{verified}'\n{Difference(expected, text)}");
    }

    /// <summary>A unified diff of one hunk: the lines that differ, with three lines around.</summary>
    private static string Difference(string expected, string actual)
    {
        var (old, now) = (expected.Split('\n'), actual.Split('\n'));
        var start = 0;
        while (start < old.Length && start < now.Length && old[start] == now[start]) { start++; }
        var end = 0;
        while (end < old.Length - start && end < now.Length - start && old[^(end + 1)] == now[^(end + 1)]) { end++; }
        var from = Math.Max(0, start - 3);
        var text = new StringBuilder();
        text.Append($"@@ -{from + 1},{old.Length - end - from} +{from + 1},{now.Length - end - from} @@\n");
        foreach (var line in old[from..start]) { text.Append(' ').Append(line).Append('\n'); }
        foreach (var line in old[start..^end].Take(200)) { text.Append('-').Append(line).Append('\n'); }
        foreach (var line in now[start..^end].Take(200)) { text.Append('+').Append(line).Append('\n'); }
        foreach (var line in old[^end..].Take(3)) { text.Append(' ').Append(line).Append('\n'); }
        return text.ToString();
    }
}
