namespace Firewall.Bpf.Assembly;

/// <summary>A place in the code of one assembler, to be marked once and jumped to from anywhere.</summary>
public sealed class Label
{
    internal const int Unmarked = -1;

    internal Label(Assembler owner, string hint)
    {
        Owner = owner;
        Hint = hint;
    }

    /// <summary>What errors call this place.</summary>
    public string Hint { get; }

    internal Assembler Owner { get; }

    /// <summary>The slot before relaxation, or <see cref="Unmarked"/>.</summary>
    internal int Position { get; set; } = Unmarked;

    public override string ToString() => Hint;
}
