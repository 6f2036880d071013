namespace Firewall.Bpf.Objects;

/// <summary>Origin of an instruction in the user's file. Line and column count from 1.</summary>
public sealed record SourceLine(string File, int Line, int Column, string Text)
{
    /// <summary>The origin of instructions that no line of the user's file asked for.</summary>
    public static readonly SourceLine None = new("", 0, 0, "");

    public override string ToString() => $"{Text} @ {File}:{Line}";
}

/// <summary>The instruction slot from which on <paramref name="Line"/> is the origin, until the next entry.</summary>
public sealed record LineEntry(int Index, SourceLine Line);
