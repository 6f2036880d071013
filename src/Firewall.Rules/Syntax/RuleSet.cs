using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Policies;

namespace Firewall.Rules.Syntax;

/// <summary>The syntax tree of an iptables-save file. Immutable; what could not be read is a <see cref="BadLine"/> and a diagnostic.</summary>
/// <param name="Source">The file.</param>
/// <param name="Family">For which tool the lines were read: modules and options differ.</param>
/// <param name="Lines">Every line of the file, in order.</param>
/// <param name="Diagnostics">What reading found, in order of place.</param>
public sealed record RuleSet(SourceText Source, Family Family, ImmutableArray<LineNode> Lines, ImmutableArray<Diagnostic> Diagnostics);

/// <summary>One line.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Span">Without its line end.</param>
public abstract record LineNode(int Number, TextSpan Span);

public sealed record BlankLine(int Number, TextSpan Span) : LineNode(Number, Span);

/// <summary><c># …</c>: a comment or a tool's banner.</summary>
public sealed record CommentLine(int Number, TextSpan Span) : LineNode(Number, Span);

/// <summary><c>*filter</c>: begins a table.</summary>
public sealed record TableLine(int Number, TextSpan Span, Word Name) : LineNode(Number, Span);

/// <summary><c>:INPUT DROP [7:700]</c> or <c>:mychain -</c>: declares a chain. The policy <c>-</c> is none.</summary>
public sealed record ChainLine(int Number, TextSpan Span, Word Name, Word Policy, Counters? Counters) : LineNode(Number, Span);

/// <summary><c>COMMIT</c>: ends a table.</summary>
public sealed record CommitLine(int Number, TextSpan Span) : LineNode(Number, Span);

/// <summary><c>[3:300] -A INPUT -p tcp -j ACCEPT</c>; the counters are those in front.</summary>
public sealed record CommandLine(int Number, TextSpan Span, Counters? Counters, Command Command) : LineNode(Number, Span);

/// <summary>A line that begins with <c>-4</c> or <c>-6</c> and is for the other family's tool.</summary>
public sealed record OtherFamilyLine(int Number, TextSpan Span) : LineNode(Number, Span);

/// <summary>A line with an error.</summary>
public sealed record BadLine(int Number, TextSpan Span) : LineNode(Number, Span);
