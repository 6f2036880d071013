using System.Collections.Immutable;
using Firewall.Rules.Diagnostics;
using Firewall.Rules.Matches;
using Firewall.Rules.Meaning;
using Firewall.Rules.Options;
using Firewall.Rules.Syntax;

namespace Firewall.Rules.Policies;

/// <summary>Turns the conditions of one rule into matches. A list of addresses makes several rules of it.</summary>
internal sealed class RuleBinder(Family family, BindOptions options, List<Diagnostic> diagnostics)
{
    private static readonly AddressMask[] AnyAddress = [default];

    private readonly ValueContext[] _contexts = new ValueContext[256];
    private readonly ValueContext _noProtocol = new(family, null, options.Resolver);
    private readonly List<Match> _matches = [];

    /// <summary>The rules' conditions: source by source, for each destination by destination; null after an error.</summary>
    public ImmutableArray<ImmutableArray<Match>>? Bind(RuleClauses clauses)
    {
        var errors = diagnostics.Count;
        var sources = ReadAddresses(clauses, ConditionKind.Source, out var source);
        var destinations = ReadAddresses(clauses, ConditionKind.Destination, out var destination);
        if ((sources.Count > 1 || destinations.Count > 1) && (source.IsNegated || destination.IsNegated)) { RefuseNegatedList(source, destination); }
        _matches.Clear();
        AddConditions(clauses);
        AddModules(clauses);
        if (HasErrorsSince(errors)) { return null; }
        if (sources.Count == 1 && destinations.Count == 1)
        {
            return [Combine(source, sources[0], destination, destinations[0])];
        }

        return [.. sources.SelectMany(_ => destinations, (from, to) => Combine(source, from, destination, to))];
    }

    private bool HasErrorsSince(int count)
    {
        for (var i = count; i < diagnostics.Count; i++)
        {
            if (diagnostics[i].IsError) { return true; }
        }

        return false;
    }

    private ImmutableArray<Match> Combine(in Condition source, AddressMask from, in Condition destination, AddressMask to)
    {
        // iptables-save prints nothing for 0/0, and the kernel compares nothing.
        var hasSource = from.Mask != 0 || source.IsNegated;
        var hasDestination = to.Mask != 0 || destination.IsNegated;
        if (!hasSource && !hasDestination) { return [.. _matches]; }
        var all = ImmutableArray.CreateBuilder<Match>(_matches.Count + (hasSource ? 1 : 0) + (hasDestination ? 1 : 0));
        if (hasSource) { all.Add(new SourceMatch(from, source.IsNegated, family)); }
        if (hasDestination) { all.Add(new DestinationMatch(to, destination.IsNegated, family)); }
        all.AddRange(_matches);
        return all.MoveToImmutable();
    }

    private IReadOnlyList<AddressMask> ReadAddresses(RuleClauses clauses, ConditionKind kind, out Condition found)
    {
        found = default;
        foreach (ref readonly var condition in clauses.Conditions.AsSpan())
        {
            if (condition.Kind != kind) { continue; }
            found = condition;
            var result = Addresses.List.Read([condition.Value.Text], _noProtocol);
            if (!result.IsError) { return result.Value!; }
            var code = result.Error!.StartsWith(Addresses.HostNameError, StringComparison.Ordinal) ? DiagnosticCode.HostName : DiagnosticCode.BadAddress;
            diagnostics.Add(Diagnostic.Error(code, result.Error, condition.Value.Span, result.Help));
        }

        return AnyAddress;
    }

    private void RefuseNegatedList(in Condition source, in Condition destination) => diagnostics.Add(Diagnostic.Error(
        DiagnosticCode.NegatedList, "`!` cannot stand before a list of addresses, or beside one", (source.IsNegated ? source : destination).Span,
        "a list makes one rule for each address, and each would match what the others exclude; RETURN for each address in a chain of its own instead"));

    /// <summary>The rest of the base conditions, in the order in which the kernel asks them.</summary>
    private void AddConditions(RuleClauses clauses)
    {
        for (var kind = ConditionKind.InInterface; kind <= ConditionKind.Fragment; kind++)
        {
            foreach (ref readonly var condition in clauses.Conditions.AsSpan())
            {
                if (condition.Kind == kind && BindCondition(condition) is { } match) { _matches.Add(match); }
            }
        }
    }

    private Match? BindCondition(in Condition condition) => condition.Kind switch
    {
        ConditionKind.InInterface => ReadInterface(condition) is { } name ? new InInterfaceMatch(name, condition.IsNegated) : null,
        ConditionKind.OutInterface => ReadInterface(condition) is { } name ? new OutInterfaceMatch(name, condition.IsNegated) : null,
        ConditionKind.Protocol => BindProtocol(condition),
        _ => new FragmentMatch(condition.IsNegated),
    };

    /// <summary>Null after an error, and for <c>-i +</c>, which iptables-save does not print.</summary>
    private string? ReadInterface(in Condition condition)
    {
        var result = InterfaceNames.Pattern.Read([condition.Value.Text], _noProtocol);
        if (result.IsError)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.BadInterface, result.Error!, condition.Value.Span, result.Help));
            return null;
        }

        if (InterfaceNames.IsOdd(result.Value!))
        {
            diagnostics.Add(Diagnostic.Warning(DiagnosticCode.OddInterface, $"no device can be called `{result.Value}`", condition.Value.Span,
                "the kernel allows neither `/` nor blanks in the name of a device"));
        }

        return result.Value == "+" && !condition.IsNegated ? null : result.Value;
    }

    private ProtocolMatch? BindProtocol(in Condition condition)
    {
        if (!Names.Protocols.TryParse(condition.Value.Text, out var protocol)) { return null; }
        if (protocol == 0 && condition.IsNegated)
        {
            diagnostics.Add(Diagnostic.Error(DiagnosticCode.NeverMatchesProtocol, "the rule would match no protocol", condition.Span,
                "`all` and 0 stand for every protocol; remove the condition or the rule"));
        }

        if (family == Family.IPv6 && !condition.IsNegated && protocol is Names.Protocols.Ah or Names.Protocols.Ipv6Fragment
            or Names.Protocols.Ipv6Routing or Names.Protocols.Ipv6DestinationOptions)
        {
            diagnostics.Add(Diagnostic.Warning(DiagnosticCode.ExtensionHeaderProtocol,
                $"`-p {condition.Value.Text}` never matches: it is an extension header, and `-p` looks behind those", condition.Span,
                "use the header's match module, e.g. `-m frag`"));
        }

        return protocol == 0 && family == Family.IPv4 ? null : new ProtocolMatch(protocol, condition.IsNegated);
    }

    private void AddModules(RuleClauses clauses)
    {
        if (clauses.Matches.IsEmpty) { return; }
        var context = ContextFor(clauses);
        foreach (var clause in clauses.Matches)
        {
            if (clause.Module is not { } module)
            {
                _matches.Add(new OpaqueMatch(clause.Name, WordsOf(clause.Uses)));
                continue;
            }

            var given = new GivenOptions(clause.Uses, context, clause.Span);
            var match = module.Create(given);
            foreach (var error in given.Errors)
            {
                diagnostics.Add(Diagnostic.Error(error.Code, error.Message, error.Span, error.Help));
            }

            if (match is not null) { _matches.Add(match); }
        }
    }

    /// <summary>The words of options as iptables would take them: canonical names, values apart.</summary>
    internal static ImmutableArray<string> WordsOf(ImmutableArray<OptionUse> uses)
    {
        var words = ImmutableArray.CreateBuilder<string>();
        foreach (var use in uses)
        {
            if (use.IsNegated) { words.Add("!"); }
            words.Add(use.Option.Name);
            foreach (var value in use.Values) { words.Add(value.Text); }
        }

        return words.ToImmutable();
    }

    /// <summary>What values may depend on in this rule.</summary>
    public ValueContext ContextFor(RuleClauses clauses)
    {
        foreach (ref readonly var condition in clauses.Conditions.AsSpan())
        {
            if (condition.Kind != ConditionKind.Protocol || condition.IsNegated) { continue; }
            if (Names.Protocols.TryParse(condition.Value.Text, out var protocol) && protocol != 0)
            {
                return _contexts[protocol] ??= new ValueContext(family, protocol, options.Resolver);
            }
        }

        return _noProtocol;
    }
}
