using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;
using Pidgin;

namespace Firewall.Rules.Syntax;

/// <summary>Reads iptables-save files. Never throws on bad input: what cannot be read is a diagnostic, and reading goes on with the next line.</summary>
public sealed class RuleSetReader
{
    /// <summary>The longest line <c>fgets</c> in iptables/iptables-restore.c reads in one piece, in bytes.</summary>
    private const int MaximumLineLength = 10_239;

    private readonly SourceText _source;
    private readonly Family _family;
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly ImmutableArray<LineNode>.Builder _lines = ImmutableArray.CreateBuilder<LineNode>();
    private readonly WordTable _table = new();
    private readonly CommandReader _commands;
    private int _number;
    private int _openTable = -1;
    private bool _warnedOfCarriageReturns;

    private RuleSetReader(SourceText source, Family family, ImmutableArray<MatchModule> modules)
    {
        (_source, _family) = (source, family);
        _commands = new CommandReader(source, new ModuleCatalog(family, modules), _table, _diagnostics);
    }

    /// <summary>Reads a file with the modules of this version.</summary>
    /// <param name="source">The file.</param>
    /// <param name="family">For which tool; null detects it from the content.</param>
    public static RuleSet Read(SourceText source, Family? family = null) => Read(source, family, MatchModules.All);

    /// <summary>As <see cref="Read(SourceText, Family?)"/> with other modules, for tests.</summary>
    public static RuleSet Read(SourceText source, Family? family, ImmutableArray<MatchModule> modules)
    {
        if (NotText.Find(source) is { } problem)
        {
            return new RuleSet(source, family ?? Family.IPv4, [], [problem]);
        }

        return new RuleSetReader(source, family ?? FamilyDetection.Detect(source), modules).ReadLines();
    }

    private RuleSet ReadLines()
    {
        var start = 0;
        if (_source.Bytes.StartsWith("\uFEFF"u8))
        {
            start = 3;
            Warn(DiagnosticCode.ByteOrderMark, "the file begins with a UTF-8 byte-order mark", new TextSpan(0, 3), "iptables-restore refuses it; save the file without");
        }

        while (start < _source.Length)
        {
            var length = _source.Bytes[start..].IndexOf((byte)'\n');
            var end = length < 0 ? _source.Length : start + length;
            _number++;
            _lines.Add(ReadLine(TextSpan.FromTo(start, end), hasNewline: length >= 0));
            start = end + 1;
        }

        if (_openTable >= 0) { ReportMissingCommit(_source.LineSpan(_number)); }
        return new RuleSet(_source, _family, _lines.DrainToImmutable(), [.. _diagnostics]);
    }

    private LineNode ReadLine(TextSpan span, bool hasNewline)
    {
        if (span.Length > MaximumLineLength)
        {
            return Bad(span, DiagnosticCode.LineTooLong, $"a line of {span.Length} bytes; iptables-restore reads at most {MaximumLineLength}",
                new TextSpan(span.Start, 80), "split it into several rules");
        }

        if (span.Length > 0 && _source.Bytes[span.End - 1] == '\r') { span = WithoutCarriageReturn(span); }
        var text = _source.Text.AsSpan(span.Start, span.Length);
        if (text.IsEmpty) { return new BlankLine(_number, span); }
        if (text[0] == '#') { return new CommentLine(_number, span); }
        var blanks = text.IndexOfAnyExcept(" \t");
        if (blanks < 0)
        {
            Warn(DiagnosticCode.LeadingBlanks, "a line of blanks only", span, "iptables-restore refuses it; leave the line empty");
            return new BlankLine(_number, span);
        }

        if (text[blanks] == '#')
        {
            WarnOfLeadingBlanks(span, blanks, "a comment");
            return new CommentLine(_number, span);
        }

        return text[blanks..].TrimEnd(" \t") is "COMMIT" ? ReadCommit(span, blanks, hasNewline) : Parse(span, blanks, text[blanks..]);
    }

    private LineNode Parse(TextSpan span, int blanks, ReadOnlySpan<char> text)
    {
        var inner = TextSpan.FromTo(span.Start + blanks, span.End);
        var result = LineGrammar.Line.Parse(text);
        if (!result.Success) { return Unparsable(span, inner, text, (int)result.Error!.ErrorOffset); }
        switch (result.Value)
        {
            case TableShape table:
                if (blanks > 0) { WarnOfLeadingBlanks(span, blanks, "a table line"); }
                return ReadTable(span, inner, table);
            case ChainShape chain:
                if (blanks > 0) { WarnOfLeadingBlanks(span, blanks, "a chain line"); }
                return ReadChain(span, inner, chain);
            default:
                var command = (CommandShape)result.Value;
                if (blanks > 0 && command.Counters is not null) { WarnOfLeadingBlanks(span, blanks, "counters"); }
                return ReadCommand(span, inner, command);
        }
    }

    private LineNode ReadCommand(TextSpan span, TextSpan inner, CommandShape shape)
    {
        if (_openTable < 0)
        {
            return Bad(span, DiagnosticCode.OutsideTable, "a line outside any table", inner, "a table begins with a line like `*filter` and ends with `COMMIT`");
        }

        var command = _commands.Read(shape.Words, inner);
        if (_commands.IsForOtherFamily) { return new OtherFamilyLine(_number, span); }
        if (command is null) { return new BadLine(_number, span); }
        Counters? counters = shape.Counters is { } given ? new Counters(given.Packets, given.Bytes) : null;
        return new CommandLine(_number, span, counters, command);
    }

    private LineNode ReadTable(TextSpan span, TextSpan inner, TableShape shape)
    {
        if (_openTable >= 0) { ReportMissingCommit(inner); }
        _openTable = inner.Start;
        var name = WordOf(shape.Name, inner);
        if (BuiltInChains.IsTable(name.Text)) { return new TableLine(_number, span, name); }
        return Bad(span, DiagnosticCode.BadTableLine, $"there is no table `{name.Text}`", inner,
            Spelling.Nearest(name.Text, BuiltInChains.Tables) is { } near ? $"did you mean `*{near}`?" : "tables are raw, mangle, nat, filter and security");
    }

    private LineNode ReadChain(TextSpan span, TextSpan inner, ChainShape shape)
    {
        if (_openTable < 0) { return Bad(span, DiagnosticCode.OutsideTable, "a chain outside any table", inner, "write the line of its table, e.g. `*filter`, above"); }
        if (shape.Words.Length < 2)
        {
            return Bad(span, DiagnosticCode.BadChainLine, "a chain line is `:NAME POLICY [packets:bytes]`", inner, "the policy of a user chain is `-`");
        }

        Counters? counters = null;
        var policy = WordOf(shape.Words[1], inner);
        if (shape.Words.Length > 2 && policy.Text != "-")
        {
            var third = shape.Words[2];
            var result = LineGrammar.CountersOnly.Parse(third.TextIn(_source.Text.AsSpan(inner.Start, inner.Length)));
            if (!result.Success)
            {
                return Bad(span, DiagnosticCode.BadCounters, "counters are written `[packets:bytes]`", new TextSpan(inner.Start + third.Span.Start, third.Span.Length));
            }

            counters = new Counters(result.Value.Packets, result.Value.Bytes);
        }

        return new ChainLine(_number, span, WordOf(shape.Words[0], inner), policy, counters);
    }

    private LineNode ReadCommit(TextSpan span, int blanks, bool hasNewline)
    {
        if (_openTable < 0) { return Bad(span, DiagnosticCode.OutsideTable, "COMMIT without a table", span, "a table begins with a line like `*filter`"); }
        _openTable = -1;
        if (blanks > 0) { WarnOfLeadingBlanks(span, blanks, "COMMIT"); }
        if (span.Length > blanks + 6)
        {
            Warn(DiagnosticCode.BlankAfterCommit, "blanks behind COMMIT", TextSpan.FromTo(span.Start + blanks + 6, span.End), "iptables-restore refuses them; remove them");
        }

        if (!hasNewline)
        {
            Warn(DiagnosticCode.NoFinalNewline, "the file ends without a newline behind COMMIT", span, "iptables-legacy-restore refuses it; end the file with a newline");
        }

        return new CommitLine(_number, span);
    }

    /// <summary>Says why the line grammar stopped: its errors are few, and each has its own message.</summary>
    private BadLine Unparsable(TextSpan span, TextSpan inner, ReadOnlySpan<char> text, int column)
    {
        if (text[0] == '[' && text.IndexOf(']') is var bracket && (bracket < 0 || column <= bracket))
        {
            return Bad(span, DiagnosticCode.BadCounters, "counters are written `[packets:bytes]`",
                new TextSpan(inner.Start, bracket < 0 ? 1 : bracket + 1));
        }

        return Bad(span, DiagnosticCode.UnclosedQuote, "this quote is not closed", TextSpan.FromTo(inner.Start + column, inner.End),
            "add a closing `\"`; iptables would silently take the rest of the line as one word");
    }

    private Word WordOf(in WordShape shape, TextSpan line) =>
        new(_table.Text(shape.TextIn(_source.Text.AsSpan(line.Start, line.Length))), new TextSpan(line.Start + shape.Span.Start, shape.Span.Length), shape.IsQuoted);

    private TextSpan WithoutCarriageReturn(TextSpan span)
    {
        if (!_warnedOfCarriageReturns)
        {
            _warnedOfCarriageReturns = true;
            Warn(DiagnosticCode.CarriageReturns, "lines end with a carriage return and a newline", new TextSpan(span.End - 1, 1),
                "iptables-restore refuses them; convert the file, e.g. with `sed -i 's/\\r$//'`");
        }

        return new TextSpan(span.Start, span.Length - 1);
    }

    private void ReportMissingCommit(TextSpan place)
    {
        _diagnostics.Add(Diagnostic.Error(DiagnosticCode.CommitMissing, "a table without COMMIT", place, "add a line `COMMIT` behind the table's last rule") with
        {
            Labels = [new(_source.LineSpan(_source.LineOf(_openTable)), "the table begins here")],
        });
        _openTable = -1;
    }

    private void WarnOfLeadingBlanks(TextSpan span, int blanks, string what) =>
        Warn(DiagnosticCode.LeadingBlanks, $"blanks in front of {what}", new TextSpan(span.Start, blanks), "iptables-restore refuses them; remove them");

    private void Warn(DiagnosticCode code, string message, TextSpan place, string help) => _diagnostics.Add(Diagnostic.Warning(code, message, place, help));

    private BadLine Bad(TextSpan span, DiagnosticCode code, string message, TextSpan place, string? help = null)
    {
        _diagnostics.Add(Diagnostic.Error(code, message, place, help));
        return new BadLine(_number, span);
    }
}
