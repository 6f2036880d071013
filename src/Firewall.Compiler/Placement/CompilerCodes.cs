using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;

namespace Firewall.Compiler.Placement;

/// <summary>The diagnostics of compiling, as <see cref="DiagnosticCode"/> has those of the language: 04xx support and placement, 05xx budgets.</summary>
public static class CompilerCodes
{
    public static readonly DiagnosticCode NotCompilable = new("FWC0401", "A rule that cannot be compiled exactly");
    public static readonly DiagnosticCode EarlierTable = new("FWC0402", "A rule that acts before the filter table");
    public static readonly DiagnosticCode OverBudget = new("FWC0501", "More rules than the limits allow");

    /// <summary>Every code of this assembly, in order.</summary>
    public static readonly ImmutableArray<DiagnosticCode> All = [NotCompilable, EarlierTable, OverBudget];
}
