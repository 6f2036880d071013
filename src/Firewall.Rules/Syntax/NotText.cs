using System.Buffers;
using Firewall.Rules.Diagnostics;

namespace Firewall.Rules.Syntax;

/// <summary>Tells binary files from rule files, so that a mistaken path gives one message and not a million.</summary>
internal static class NotText
{
    /// <summary>How much is looked at, besides the search for zero bytes.</summary>
    private const int SampleLength = 4096;

    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [.. Enumerable.Range(1, 31).Where(b => b is not ('\t' or '\n' or '\r' or '\f')).Select(b => (byte)b), 127]);

    /// <summary>Null for text. A zero byte anywhere, or a tenth of control characters at the beginning, is not text.</summary>
    public static Diagnostic? Find(SourceText source)
    {
        var zero = source.Bytes.IndexOf((byte)0);
        if (zero >= 0) { return NotARuleFile("the file holds a zero byte; it is not text", zero); }
        var sample = source.Bytes[..Math.Min(SampleLength, source.Length)];
        var controls = 0;
        foreach (var b in sample)
        {
            if (Controls.Contains(b)) { controls++; }
        }

        return controls * 10 <= sample.Length ? null : NotARuleFile("the file is full of control characters; it is not text", sample.IndexOfAny(Controls));
    }

    private static Diagnostic NotARuleFile(string message, int offset) => Diagnostic.Error(DiagnosticCode.NotText, message, new TextSpan(offset, 1),
        "give a file as `iptables-save` writes it");
}
