using System.Collections.Immutable;

namespace Firewall.Bpf.Objects;

/// <summary>Line tables of several functions laid one after the other.</summary>
internal static class LineTable
{
    private const int Columns = 1 << 10;
    private const int Rows = 1 << 22;

    /// <summary>
    /// Merges the tables. Every function gets a first entry: the kernel demands one, and without it a function would
    /// inherit the last line of the one before it.
    /// </summary>
    public static ImmutableArray<LineEntry> Merge(IEnumerable<(BpfFunction Function, int Start)> functions)
    {
        var lines = ImmutableArray.CreateBuilder<LineEntry>();
        foreach (var (function, start) in functions)
        {
            if (function.Lines.IsEmpty || function.Lines[0].Index > 0)
            {
                lines.Add(new LineEntry(start, SourceLine.None));
            }

            lines.AddRange(function.Lines.Select(l => l with { Index = start + l.Index }));
        }

        return lines.ToImmutable();
    }

    /// <summary>One <c>struct bpf_line_info</c>: place, file, text, line and column. What does not fit its bits is cut to the most.</summary>
    public static void Write(ByteWriter target, BtfBuilder btf, SourceLine line, int offset)
    {
        target.Int32(offset);
        target.Int32(btf.String(line.File));
        target.Int32(btf.String(line.Text));
        target.Int32((Math.Clamp(line.Line, 0, Rows - 1) * Columns) | Math.Clamp(line.Column, 0, Columns - 1));
    }
}
