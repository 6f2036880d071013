using Firewall.Cli.Rendering;
using Firewall.Compiler.Placement;
using Firewall.Rules.Evaluation;

namespace Firewall.Cli.Assessing;

/// <summary>A line of a rule file and what becomes of it.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Table">Null before the first table.</param>
/// <param name="Chain">Null where an error hides it.</param>
/// <param name="Number">Position in its chain from 1; null for lines with errors.</param>
/// <param name="Fate"><c>compiled</c>, <c>partial</c>, <c>deferred</c> or <c>error</c>.</param>
/// <param name="Where"><c>xdp</c>, <c>netfilter</c> or null.</param>
/// <param name="Reason">Why packets that meet it are left to iptables, or what is wrong with it.</param>
/// <param name="Text">The line as written.</param>
/// <param name="IsUnreachable">Whether no packet meets it.</param>
internal sealed record AssessedLine(int Line, string? Table, string? Chain, int? Number, string Fate, string? Where, string? Reason, string Text, bool IsUnreachable)
{
    public const string Compiled = "compiled", Error = "error";

    public bool IsOpen => Fate is not (Compiled or Error);

    public bool IsFilter => Table == HostRules.Table;

    public static AssessedLine Of(LineFate line, string text) => new(
        line.Rule.Line, line.Rule.Table, line.Rule.Chain, line.Rule.Number, FateText.Of(line.Fate), line.Where is { } program ? FateText.Of(program) : null,
        line.IsOpen ? FateText.ReasonOf(line) : null, text, line.Fate == Compiler.Placement.Fate.Unreachable);
}
