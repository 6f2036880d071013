using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Meaning;
using Firewall.Rules.Syntax;
using Firewall.Rules.Targets;

namespace Firewall.Rules.Policies;

/// <summary>Finds out what <c>-j</c> and <c>-g</c> mean: a user chain before a target of that name, as iptables asks libiptc first.</summary>
internal sealed class TargetBinder(Family family, List<Diagnostic> diagnostics)
{
    private static readonly NoTarget None = new();
    private static readonly AcceptTarget Accept = new();
    private static readonly DropTarget Drop = new();
    private static readonly ReturnTarget Return = new();
    private static readonly ImmutableHashSet<string> Known =
        [.. KnownModules.Targets.Select(t => t.Name)];

    /// <summary>The verdicts of the standard target (libxtables/xtables.c); QUEUE is parsed and printed only.</summary>
    public static bool IsStandard(string name) => name is "ACCEPT" or "DROP" or "QUEUE" or "RETURN";

    /// <summary>The target, or null after an error. The chain must exist when the rule is read (L38 of reference/semantics.md).</summary>
    public Target? Bind(TargetClause? clause, TableDraft table)
    {
        if (clause is null) { return None; }
        var name = clause.Name.Text;
        if (table.Chain(name) is { } chain) { return BindChain(clause, chain); }
        if (clause.IsGoto)
        {
            return Fail(DiagnosticCode.UnknownChain, $"`-g` needs a user chain; there is no chain `{name}` in {table.Name}", clause.Name.Span, HelpForChain(name, table));
        }

        switch (name)
        {
            case "ACCEPT": return Accept;
            case "RETURN": return Return;
            case "QUEUE": return new OpaqueTarget(name, []);
            case "DROP" when table.Name == "nat":
                return Fail(DiagnosticCode.DropInNat, "DROP in the nat table, which only the first packet of a connection meets", clause.Name.Span,
                    "filter in the filter table, or in mangle or raw");
            case "DROP": return Drop;
            default: return BindModule(clause, table);
        }
    }

    private Target? BindChain(TargetClause clause, ChainDraft chain)
    {
        if (chain.IsBuiltIn)
        {
            return Fail(DiagnosticCode.JumpToBuiltIn, $"a rule cannot jump to the built-in chain `{chain.Name}`", clause.Name.Span,
                "move the rules both need to a chain of their own");
        }

        if (!clause.Uses.IsEmpty)
        {
            return Fail(DiagnosticCode.UnknownOption, $"`{clause.Uses[0].Option.Name}`: the chain `{chain.Name}` hides the target of that name", clause.Uses[0].Span,
                "rename the chain");
        }

        return clause.IsGoto ? new GotoTarget(chain.Name) : new JumpTarget(chain.Name);
    }

    private Target? BindModule(TargetClause clause, TableDraft table)
    {
        var name = clause.Name.Text;
        if (KnownModules.Targets.Any(t => t.Name == name && t.Families.Contains(family))) { return new OpaqueTarget(name, RuleBinder.WordsOf(clause.Uses)); }
        if (Known.Contains(name))
        {
            return Fail(DiagnosticCode.WrongFamily, $"the target `{name}` does not exist for {(family == Family.IPv4 ? "iptables" : "ip6tables")}", clause.Name.Span);
        }

        return Fail(DiagnosticCode.UnknownTarget, $"there is no target and, above this line, no chain `{name}` in {table.Name}", clause.Name.Span, HelpForChain(name, table));
    }

    private static string? HelpForChain(string name, TableDraft table)
    {
        var names = table.Chains.Where(c => !c.IsBuiltIn).Select(c => c.Name).Concat(Known).Concat(["ACCEPT", "DROP", "RETURN"]);
        return Spelling.Nearest(name, names) is { } near ? $"did you mean `{near}`?" : $"declare it with `:{name} -` before its first use";
    }

    private Target? Fail(DiagnosticCode code, string message, TextSpan place, string? help = null)
    {
        diagnostics.Add(Diagnostic.Error(code, message, place, help));
        return null;
    }
}
