namespace Firewall.Rules.Diagnostics;

/// <summary>A stretch of a source file, in bytes (the text is read as one char per byte, so chars and bytes agree).</summary>
public readonly record struct TextSpan(int Start, int Length)
{
    public int End => Start + Length;

    public static TextSpan FromTo(int start, int end) => new(start, end - start);
}
