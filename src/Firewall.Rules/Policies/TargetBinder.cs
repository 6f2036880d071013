using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
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
    private static readonly QueueTarget Queue = new();
    private static readonly ImmutableHashSet<string> Known = [.. TargetModules.All.Select(t => t.Name)];

    /// <summary>The verdicts of the standard target (libxtables/xtables.c).</summary>
    public static bool IsStandard(string name) => name is "ACCEPT" or "DROP" or "QUEUE" or "RETURN";

    /// <summary>The target, or null after an error. The chain must exist when the rule is read (L38 of reference/semantics.md).</summary>
    /// <param name="clause">What the rule says; null when it has no target.</param>
    /// <param name="table">Where the rule stands.</param>
    /// <param name="context">What values may depend on.</param>
    /// <param name="conditions">The rule's; null after an error in them.</param>
    public Target? Bind(TargetClause? clause, TableDraft table, ValueContext context, ImmutableArray<Match>? conditions)
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
            case "QUEUE": return Queue;
            case "DROP" when table.Name == "nat":
                return Fail(DiagnosticCode.DropInNat, "DROP in the nat table, which only the first packet of a connection meets", clause.Name.Span,
                    "filter in the filter table, or in mangle or raw");
            case "DROP": return Drop;
            default: return BindModule(clause, table, context, conditions);
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

    private Target? BindModule(TargetClause clause, TableDraft table, ValueContext context, ImmutableArray<Match>? conditions)
    {
        if (clause.Module is { } module) { return Create(module, clause, table, context, conditions); }
        var name = clause.Name.Text;
        if (Known.Contains(name))
        {
            return Fail(DiagnosticCode.WrongFamily, $"the target `{name}` does not exist for {(family == Family.IPv4 ? "iptables" : "ip6tables")}", clause.Name.Span);
        }

        return Fail(DiagnosticCode.UnknownTarget, $"there is no target and, above this line, no chain `{name}` in {table.Name}", clause.Name.Span, HelpForChain(name, table));
    }

    private Target? Create(TargetModule module, TargetClause clause, TableDraft table, ValueContext context, ImmutableArray<Match>? conditions)
    {
        var given = new GivenOptions(clause.Uses, context, clause.Span);
        var target = module.Create(given);
        foreach (var error in given.Errors) { diagnostics.Add(Diagnostic.Error(error.Code, error.Message, error.Span, error.Help)); }
        return target is not null && IsAllowed(target, module, clause, table, context, conditions) ? target : null;
    }

    /// <summary>What the kernel checks when the table is committed (<c>xt_check_target</c> in net/netfilter/x_tables.c and the target's own check).</summary>
    private bool IsAllowed(Target target, TargetModule module, TargetClause clause, TableDraft table, ValueContext context, ImmutableArray<Match>? conditions)
    {
        var errors = diagnostics.Count;
        if (target.Tables is { IsEmpty: false } allowed && !allowed.Contains(table.Name))
        {
            Fail(DiagnosticCode.WrongTable, $"the target {module.Name} cannot be used in the table {table.Name}", clause.Span, $"it works in {string.Join(" or ", allowed)}");
        }

        if (!module.Protocols.IsEmpty && !(context.Protocol is { } protocol && module.Protocols.Contains(protocol)))
        {
            var protocols = string.Join(" or ", module.Protocols.Select(p => $"`-p {Names.Protocols.Text(p)}`"));
            Fail(DiagnosticCode.ProtocolNeeded, $"the target {module.Name} needs {protocols}", clause.Span);
        }
        else if (conditions is { } given && module.MissingCondition?.Invoke(given) is { } missing)
        {
            Fail(DiagnosticCode.ConditionMissing, $"the target {module.Name} {missing}", clause.Span);
        }

        return diagnostics.Count == errors;
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
