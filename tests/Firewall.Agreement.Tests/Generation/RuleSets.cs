using System.Collections.Immutable;
using CsCheck;
using Firewall.Rules.Evaluation;
using Firewall.Rules.Meaning;
using static Firewall.Agreement.Tests.Generation.Texts;

namespace Firewall.Agreement.Tests.Generation;

/// <summary>Random rule sets over all modules.</summary>
internal static class RuleSets
{
    private const int MostChains = 12;
    private const int MostRules = 8;

    /// <summary>A built-in chain and up to eleven others, each of which leads only to later ones.</summary>
    public static Gen<GeneratedRules> Of(Family family, Hook hook) =>
        from count in Gen.Frequency((1, Gen.Int[1, 3]), (2, Gen.Int[2, MostChains]))
        from policy in Gen.OneOf("ACCEPT", "DROP")
        from chains in ChainList(family, hook, count)
        select new GeneratedRules(family, hook, policy, chains);

    private static Gen<ImmutableArray<GeneratedChain>> ChainList(Family family, Hook hook, int count) => Enumerable.Range(0, count).Aggregate(
        Gen.Const(ImmutableArray<GeneratedChain>.Empty),
        (all, index) => Gen.Select(all, Chain(family, hook, index, count), (chains, chain) => chains.Add(chain)));

    private static Gen<GeneratedChain> Chain(Family family, Hook hook, int index, int count)
    {
        var name = index == 0 ? hook.ChainName() : Name(index);
        var later = Enumerable.Range(index + 1, count - index - 1).Select(Name).ToArray();
        return Rule(family, hook, index == 0, later).Array[index == 0 ? 2 : 0, MostRules].Select(rules => new GeneratedChain(name, [.. rules]));
    }

    private static Gen<GeneratedRule> Rule(Family family, Hook hook, bool isBuiltIn, string[] later)
    {
        var isAny = Gen.Const(Array.Empty<string>());
        var module = family == Family.IPv4 ? BaseConditions.Module(family) : Gen.Frequency((2, BaseConditions.Module(family)), (2, IPv6Conditions.Module));
        return
            from basic in Join(BaseConditions.Addresses(family), BaseConditions.Devices(hook, isBuiltIn), BaseConditions.Fragment(family))
            from transport in Gen.Frequency((2, isAny), (4, TransportConditions.Of(family)))
            from modules in Gen.Frequency((5, isAny), (3, module.Array[1]), (1, module.Array[2]))
            from modulesFirst in Gen.Bool
            from target in Target(later)
            select new GeneratedRule(Order(basic, transport, modules, modulesFirst), target);
    }

    /// <summary><c>-p</c> comes before the modules that need it; other modules may stand before those of the protocol or behind.</summary>
    private static ImmutableArray<string> Order(string basic, string[] transport, string[] modules, bool modulesFirst)
    {
        IEnumerable<string> protocol = transport.Take(1);
        var needing = transport.Skip(1);
        return [.. new[] { basic }.Where(piece => piece.Length > 0), .. protocol, .. modulesFirst ? modules.Concat(needing) : needing.Concat(modules)];
    }

    private static Gen<string> Target(string[] later) => later.Length == 0
        ? Gen.Frequency((3, "-j ACCEPT"), (3, "-j DROP"), (1, "-j RETURN"), (3, ""))
        : Gen.Frequency(
            (3, Gen.OneOf("-j ACCEPT", "-j DROP")), (1, Gen.Const("-j RETURN")), (1, Gen.Const("")), (4, Plain("-j", later)), (2, Plain("-g", later)));

    private static string Name(int index) => $"chain{index}";
}
